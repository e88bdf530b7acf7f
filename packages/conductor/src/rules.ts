import { refuse, type Rules } from '@busbar/kernel'
import type { ConductorTypes } from './types.js'

export const conductorRules: Rules<ConductorTypes> = {
  name: 'conductor',
  compile: () => {
    throw new Error('not there yet')
  },
  planStart: () => refuse('unsupported', 'starting Conductor workflows is not there yet'),
  apply: (_view, command) => refuse('unsupported', `${command.kind} is not there yet`),
  decide: () => [],
  handOut: () => ({ kind: 'spoiled' }),
}
