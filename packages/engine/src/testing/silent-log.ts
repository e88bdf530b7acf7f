import type { EngineLog } from '../api.js'

export const silentLog: EngineLog = { info: () => {}, warn: () => {}, error: () => {} }
