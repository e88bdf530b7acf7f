import type { TaskRule } from '../decide/mapping.js'
import { scheduleWithInput } from './schedule-with-input.js'

const variablesKilobytesMax = 256

/** Every key of its input becomes a variable of the workflow. */
export const setVariable: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    const { view } = turn
    const variables = { ...view.state.variables, ...task.data.input }
    const size = JSON.stringify(variables).length
    if (size > variablesKilobytesMax * 1024) {
      const reason = `The variables payload size: ${size} of workflow: ${view.id} is greater than the permissible limit: ${variablesKilobytesMax} kilobytes`
      return turn.close(task, 'failedFinally', { reason })
    }
    if (task.data.input !== undefined) view.setState({ ...view.state, variables })
    turn.close(task, 'completed', {})
  },
}
