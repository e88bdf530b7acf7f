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
  ServiceRule,
  StartResult,
  Work,
} from './api.js'
export { systemClock } from './clock.js'
export { createEngine } from './engine.js'
export { defaultLimits } from './limits.js'
