/**
 * The two families of Conductor's paths, from one table: the main line's names, and those that a fork renamed. A route
 * is written once with the main line's path; a handler that must know which family called looks at the path.
 */
const renamed: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/tasks\/queue\/polldata/, '/api/task/queue/poll-data'],
  [/^\/api\/tasks(?=\/|$)/, '/api/task'],
  [/^\/api\/metadata\/taskdefs(?=\/|$)/, '/api/metadata/taskdef'],
  [/^\/api\/metadata\/workflow(?=\/|$)/, '/api/metadata/workflowdef'],
  [/\/skiptask\//, '/skip-task/'],
  [/\/resetcallbacks$/, '/reset-callbacks'],
  [/\/verifyAndRepair\//, '/verify-and-repair/'],
]

/** The path, and its other name if it has one. */
export function inBothFamilies(path: string): [string, ...string[]] {
  for (const [from, to] of renamed) if (from.test(path)) return [path, path.replace(from, to)]
  return [path]
}

/** Clients of the fork cannot read an empty answer where they expect JSON. */
export function isForkPath(path: string): boolean {
  return path.startsWith('/api/task/')
}
