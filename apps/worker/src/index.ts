export { ConfigError, configPath, type LoadedConfig, loadConfig, readConfig, type WorkerConfig } from './config.js'
export type { LogEvent, WorkerLog } from './log.js'
export { type RunningWorker, type StartOptions, startWorker } from './start-worker.js'
