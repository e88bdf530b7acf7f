import type { Transport, TransportLimits } from '../http/transport.js'
import type { PathFamily } from './path-families.js'
import { type Eventually, type HttpMethod, RequestContext, type ResponseContext } from './request-context.js'

/** Where the server is. `{name}` in the URL is replaced from the variables. */
export interface BaseServer {
  url: string
  variableConfiguration?: { [name: string]: string }
}

export class ServerConfiguration implements BaseServer {
  url: string
  variableConfiguration: { [name: string]: string }

  constructor(url: string, variableConfiguration: { [name: string]: string } = {}) {
    this.url = url
    this.variableConfiguration = variableConfiguration
  }

  setVariables(variables: { [name: string]: string }): void {
    Object.assign(this.variableConfiguration, variables)
  }

  getConfiguration(): { [name: string]: string } {
    return this.variableConfiguration
  }

  makeRequestContext(endpoint: string, httpMethod: HttpMethod): RequestContext {
    return new RequestContext(addressOf(this) + endpoint, httpMethod)
  }
}

export const defaultServerUrl = 'http://localhost:8080'

/** All clients made without a URL share it: changing it redirects them all, which programs of the original client rely on. */
export const server1 = new ServerConfiguration(defaultServerUrl)

/** Paths begin with `/api`, so a base that ends with it (the habit of other Conductor clients) is cut. */
export function addressOf(server: BaseServer): string {
  const url = server.url.replace(/\{(\w+)\}/g, (placeholder, name: string) => server.variableConfiguration?.[name] ?? placeholder)
  return url.replace(/\/+$/, '').replace(/\/api$/, '')
}

export interface Middleware {
  pre(context: RequestContext): Eventually<RequestContext>
  post(context: ResponseContext): Eventually<ResponseContext>
}

export interface SecurityAuthentication {
  getName(): string
  applySecurityAuthentication(context: RequestContext): void | Promise<void>
}

export interface AuthMethods {
  default?: SecurityAuthentication
}

export interface HttpLibrary {
  send(request: RequestContext): Eventually<ResponseContext>
}

export interface Configuration {
  baseServer: BaseServer
  /** Absent: the transport of this package. */
  httpApi?: HttpLibrary
  middleware: Middleware[]
  authMethods: AuthMethods
}

export interface ConfigurationParameters extends Partial<Configuration> {
  promiseMiddleware?: Middleware[]
}

export function createConfiguration(parameters: ConfigurationParameters = {}): Configuration {
  return {
    baseServer: parameters.baseServer ?? server1,
    ...(parameters.httpApi && { httpApi: parameters.httpApi }),
    middleware: [...(parameters.middleware ?? []), ...(parameters.promiseMiddleware ?? [])],
    authMethods: parameters.authMethods ?? {},
  }
}

/** The last argument of every resource method. The first three replace what the client was made with, for this call. */
export interface CallOptions extends Partial<Configuration> {
  signal?: AbortSignal
  timeoutMs?: number
}

export interface ConductorClientOptions extends Partial<TransportLimits> {
  /** `CONDUCTOR_SERVER_URL`, then `http://localhost:8080`. A trailing `/api` is cut off. */
  serverUrl?: string
  /** Exchanged for a token at `/api/token`. `CONDUCTOR_AUTH_KEY` and `CONDUCTOR_AUTH_SECRET`. */
  keyId?: string
  keySecret?: string
  /** Sent with every request, for example `authorization`. */
  headers?: { [name: string]: string }
  /** Of one request from connecting to the last byte. Default 60 000. */
  requestTimeoutMs?: number
  /** Default 3. `0` turns repeating off. */
  retriesMax?: number
  /** `main` (the default) on every Conductor server and on Busbar; `swift` on servers of the Swift fork. */
  paths?: PathFamily
  middleware?: Middleware[]
  transport?: Transport
}
