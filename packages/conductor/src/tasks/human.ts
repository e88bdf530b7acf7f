import type { TaskRule } from '../decide/mapping.js'
import { scheduleWithInput } from './schedule-with-input.js'

/** Open until somebody updates it. */
export const human: TaskRule = { schedule: scheduleWithInput }
