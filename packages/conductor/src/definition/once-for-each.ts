/**
 * A function that works once for each object it is given: stored definitions are kept parsed by whoever holds their
 * JSON, so starting an execution of a known one parses nothing. The JSON must not change after it was given.
 */
export function onceForEach<R>(work: (json: unknown) => R): (json: unknown) => R {
  const known = new WeakMap<object, { readonly result: R }>()
  return json => {
    if (typeof json !== 'object' || json === null) return work(json)
    const before = known.get(json)
    if (before !== undefined) return before.result
    const result = work(json)
    known.set(json, { result })
    return result
  }
}
