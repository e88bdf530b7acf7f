import type { Rules } from '@busbar/kernel'
import { applyCommand } from './apply.js'
import { decide } from './decide.js'
import { handOut } from './hand-out.js'
import { compilePlan } from './plan.js'
import { planStart } from './start-request.js'
import type { StroemTypes } from './types.js'

export const stroemRules: Rules<StroemTypes> = {
  name: 'stroem',
  compile: compilePlan,
  planStart: (request, _id, parent, context) => planStart(request, parent, context),
  apply: applyCommand,
  decide,
  handOut,
}
