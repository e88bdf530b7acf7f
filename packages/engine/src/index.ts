export type {
  AnyView,
  Caller,
  Clock,
  EffectHandler,
  EngineApi,
  EngineLimits,
  EngineLog,
  EngineOptions,
  Evaluation,
  EvaluationSetting,
  Evaluator,
  PollRequest,
  Retention,
  ServiceRule,
  StartResult,
  Work,
} from './api.js'
export { openClock, systemClock } from './clock.js'
export { createEngine } from './engine.js'
export { blobIdIn, newPayloadPath } from './payloads.js'
export { defaultLimits } from './limits.js'
