import type { ConductorView } from './task.js'

/**
 * To be called before a task is opened. As long as an execution has only waited for people the original counts it as never
 * updated, and that is searched for: so it is noted, at the cost of those that begin by waiting for people.
 */
export function noteOpening(view: ConductorView, taskType: string): void {
  const { untouched, ...state } = view.state
  if (taskType === 'HUMAN') {
    if (view.size === 0 && untouched !== true) view.setState({ ...state, untouched: true })
  } else if (untouched === true) view.setState(state)
}
