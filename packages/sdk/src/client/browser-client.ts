import { fetchTransport } from '../http/fetch-transport.js'
import type { ConductorClientOptions, Configuration } from './configuration.js'
import { CoreClient } from './core-client.js'

/** The client for browsers: no environment, and `fetch` instead of agents. */
export class ConductorClient extends CoreClient {
  constructor(configuration: Configuration | ConductorClientOptions = {}) {
    super({ environment: {}, transport: fetchTransport }, configuration)
  }
}
