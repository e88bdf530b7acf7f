import { variablesTooLarge } from '../payload/variables.js'
import type { TaskRule } from '../decide/mapping.js'
import { scheduleWithInput } from './schedule-with-input.js'

/** Every key of its input becomes a variable of the workflow. */
export const setVariable: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    const { view } = turn
    const variables = { ...view.state.variables, ...task.data.input }
    const tooLarge = variablesTooLarge(view.id, variables, turn.settings)
    if (tooLarge !== null) return turn.close(task, 'failedFinally', { reason: tooLarge })
    if (task.data.input !== undefined) view.setState({ ...view.state, variables })
    turn.close(task, 'completed', {})
  },
}
