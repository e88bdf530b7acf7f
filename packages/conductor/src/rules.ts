/** The Conductor dialect as the engine sees it. */
import type { Rules } from '@busbar/kernel'
import { apply } from './apply.js'
import { decide } from './decide/decide.js'
import { tellGates } from './gate/pass.js'
import { parseSnapshot } from './definition/snapshot.js'
import { handOut } from './hand-out.js'
import { compilePlan } from './plan.js'
import { planStart } from './start/plan-start.js'
import type { ConductorTypes } from './types.js'

export const conductorRules: Rules<ConductorTypes> = {
  name: 'conductor',
  compile: definition => compilePlan(parseSnapshot(definition)),
  planStart: (request, _id, _parent, context) => planStart(request, context),
  apply,
  decide(view, context) {
    const asks = decide(view, context)
    if (asks.length === 0) tellGates(view, context.now)
    return asks
  },
  handOut,
}
