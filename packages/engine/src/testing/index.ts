export { ManualClock } from './manual-clock.js'
export { inlineEvaluator } from './inline-evaluator.js'
export { silentLog } from './silent-log.js'
