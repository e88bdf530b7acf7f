/** A broken promise of our own code. It stops this unit of work and is logged with its inputs; it is never an ordinary refusal. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant'
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BrokenInvariant(message)
}
