export type {
  AnyView,
  Clock,
  EngineApi,
  EngineLimits,
  EngineLog,
  EngineOptions,
  PollRequest,
  StartResult,
  Work,
} from './api.js'
export { systemClock } from './clock.js'
export { createEngine } from './engine.js'
export { defaultLimits } from './limits.js'
