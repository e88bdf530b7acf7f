/** The entry for Node: all that browsers have, with a client on keep-alive agents in place of theirs (a name of our own goes before a starred one), and the workers. */
export * from './browser.js'
export { ConductorClient, type NodeClientOptions } from './client/node-client.js'
export { type NodeTransportOptions, nodeTransport } from './http/node-transport.js'
export type { Clock } from './clock.js'
export { type WorkerClient, WorkerHost, type WorkerHostConfig } from './worker/host.js'
export { longPollMs, pollingDefaults, type WorkerHostOptions, type WorkerProcessOptions } from './worker/options.js'
export { type WorkerChannel, WorkerProcess, type WorkerProcessConfig } from './worker/process.js'
export {
  NonRetryableException,
  noopErrorHandler,
  type TaskContext,
  type TaskWorker,
  type WorkerErrorHandler,
  type WorkerInterface,
  type WorkerResult,
} from './worker/worker.js'
