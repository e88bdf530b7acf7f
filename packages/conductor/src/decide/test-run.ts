import type { ConductorView } from './task.js'

/** Of a start request that asks for a test run. A request from outside cannot: the edge passes on the API's fields only. */
export const testRunKey = '_testRun'

/** What a test run must not do: these tasks stay open until they get a mocked result. */
const actOutside: ReadonlySet<string> = new Set(['EVENT', 'HTTP', 'KAFKA_PUBLISH', 'START_WORKFLOW'])

export function awaitsMock(view: ConductorView, type: string): boolean {
  return view.brief.isTest === true && actOutside.has(type)
}
