import { Problem } from '@busbar/kernel'
import type { EngineApi, EngineOptions } from './api.js'

export function createEngine(_options: EngineOptions): EngineApi {
  throw new Problem('unsupported', 'the engine is being built')
}
