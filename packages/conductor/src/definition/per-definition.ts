import type { WorkflowDef } from './types.js'

/** What is read off a definition, read once: definitions do not change, and executions are started by the same ones. */
export function perDefinition<Result>(read: (def: WorkflowDef) => Result): (def: WorkflowDef) => Result {
  const known = new WeakMap<WorkflowDef, { readonly result: Result }>()
  return def => {
    let found = known.get(def)
    if (found === undefined) known.set(def, (found = { result: read(def) }))
    return found.result
  }
}
