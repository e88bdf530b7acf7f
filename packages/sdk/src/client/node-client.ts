import { type NodeTransportOptions, nodeTransport } from '../http/node-transport.js'
import type { ConductorClientOptions, Configuration } from './configuration.js'
import { CoreClient } from './core-client.js'

export interface NodeClientOptions extends ConductorClientOptions {
  /** Certificates and the like, as `node:https` takes them. */
  tls?: NonNullable<NodeTransportOptions['tls']>
}

/** A connection to a Conductor server, or to Busbar. Making one does no I/O. */
export class ConductorClient extends CoreClient {
  constructor(configuration: Configuration | NodeClientOptions = {}) {
    const tls = 'tls' in configuration && configuration.tls ? { tls: configuration.tls } : {}
    super({ environment: process.env, transport: limits => nodeTransport({ ...limits, ...tls }) }, configuration)
  }
}
