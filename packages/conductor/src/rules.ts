/** The Conductor dialect as the engine sees it. */
import type { Context, Rules } from '@busbar/kernel'
import { apply } from './apply.js'
import { decide } from './decide/decide.js'
import { tellGates } from './gate/pass.js'
import { eventsBetween, tellListeners } from './listeners/tell-listeners.js'
import { parseSnapshot } from './definition/snapshot.js'
import { handOut } from './hand-out.js'
import { compilePlan } from './plan.js'
import { planStart } from './start/plan-start.js'
import { type ConductorContext, defaultSettings, type Settings } from './settings.js'
import type { ConductorTypes } from './types.js'

export function conductorRulesWith(settings: Settings): Rules<ConductorTypes> {
  const set = (context: Context): ConductorContext => ({ ...context, settings })
  return {
    name: 'conductor',
    compile: definition => compilePlan(parseSnapshot(definition)),
    planStart: (request, id, _parent, context) => planStart(request, id, set(context)),
    apply(view, command, context) {
      const before = view.status
      const applied = apply(view, command, set(context))
      if (applied.kind === 'applied') tellListeners(view, eventsBetween(before, view.status, command.kind), settings)
      return applied
    },
    decide(view, given) {
      const context = set(given)
      const before = view.status
      if (view.version === 0 && view.state.told === undefined) tellListeners(view, ['STARTED'], settings)
      const asks = decide(view, context)
      // Also when it asks: a long decision is committed in between.
      tellGates(view, context.now)
      tellListeners(view, eventsBetween(before, view.status, 'decision'), settings)
      return asks
    },
    handOut,
  }
}

export const conductorRules = conductorRulesWith(defaultSettings)
