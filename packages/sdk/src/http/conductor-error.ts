/** Whatever this package throws is one. The cause is also under `_trace`, where the original client keeps it. */
export class ConductorError extends Error {
  readonly _trace: unknown

  constructor(message?: string, innerError?: unknown) {
    super(message, innerError === undefined ? undefined : { cause: innerError })
    this._trace = innerError
  }
}
