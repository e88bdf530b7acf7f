import { type TaskRule, scheduleWithInput } from './rule.js'

/** Open until somebody updates it. */
export const human: TaskRule = { schedule: scheduleWithInput }
