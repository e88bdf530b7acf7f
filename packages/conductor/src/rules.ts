/** The Conductor dialect as the engine sees it. */
import type { HandOut, Rules } from '@busbar/kernel'
import { apply } from './apply.js'
import { decide } from './decide/decide.js'
import { parseSnapshot } from './definition/snapshot.js'
import { substituteSecrets } from './expression/secrets.js'
import { compilePlan } from './plan.js'
import { planStart } from './start/plan-start.js'
import type { ConductorTypes } from './types.js'
import { taskToWire } from './wire/task.js'

export const conductorRules: Rules<ConductorTypes> = {
  name: 'conductor',
  compile: definition => compilePlan(parseSnapshot(definition)),
  planStart: (request, _id, _parent, context) => planStart(request, context),
  apply,
  decide,
  handOut(view, attempt, context): HandOut {
    if (view.isTerminal) return { kind: 'spoiled' }
    const task = taskToWire(view, attempt)
    const input = attempt.data.input
    const work = input === undefined ? task : { ...task, inputData: substituteSecrets(input, context.secrets(view.execution.label.namespace)) }
    return { kind: 'work', work }
  },
}
