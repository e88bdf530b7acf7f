/** From a call to its answer: the URL, authentication, middleware, the transport, the judgement of the status. */
import type { HttpRequest, HttpResponse, Transport } from '../http/transport.js'
import { apiException } from './api-exception.js'
import type { Call } from './call.js'
import { addressOf, type CallOptions, type Configuration } from './configuration.js'
import { decode } from './decode.js'
import { encode } from './encode.js'
import type { KeyAuthentication } from './key-authentication.js'
import { type PathFamily, templateIn } from './path-families.js'
import { type HttpMethod, RequestContext, ResponseContext, settled } from './request-context.js'

export interface ChannelOptions {
  readonly configuration: Configuration
  readonly transport: Transport
  readonly authentication: KeyAuthentication | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly requestTimeoutMs: number
  readonly paths: PathFamily
  /** Sees the headers of every answer. */
  readonly observe: (headers: Readonly<Record<string, string>>) => void
}

export interface HttpInfo<T> {
  readonly httpStatusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { text(): Promise<string> }
  readonly data: T
}

export class Channel {
  private readonly options: ChannelOptions

  constructor(options: ChannelOptions) {
    this.options = options
  }

  async perform<T>(call: Call<T>, options: CallOptions = {}): Promise<HttpInfo<T>> {
    const request = this.requestFor(call, options)
    const response = await this.exchange(request, options)
    this.options.observe(response.headers)
    if (response.status < 200 || response.status > 299) throw apiException(request, response)
    return { httpStatusCode: response.status, headers: response.headers, body: { text: async () => response.text }, data: decode(call, response) }
  }

  private requestFor(call: Call<unknown>, options: CallOptions): HttpRequest {
    const { configuration, headers, requestTimeoutMs, paths } = this.options
    const template = call.template === '/health' ? call.template : `/api${templateIn(paths, call.template)}`
    const { pathAndQuery, body, contentType } = encode(call, template)
    const { origin, basePath } = placeOf(addressOf(options.baseServer ?? configuration.baseServer))
    return {
      method: call.method,
      origin,
      path: basePath + pathAndQuery,
      headers: { accept: 'application/json, */*;q=0.8', ...(contentType !== undefined && { 'content-type': contentType }), ...headers },
      body,
      timeoutMs: options.timeoutMs ?? requestTimeoutMs + (call.waitMs ?? 0),
      signal: options.signal,
      repeatable: call.repeatable,
    }
  }

  private async exchange(request: HttpRequest, options: CallOptions): Promise<HttpResponse> {
    const { authentication } = this.options
    const authMethods = options.authMethods ?? this.options.configuration.authMethods
    if (!authentication || authMethods.default) return this.passThrough(request, authMethods)
    const response = await this.passThrough(await this.authenticated(request, authentication), authMethods)
    if (response.status !== 401) return response
    authentication.forget()
    return this.passThrough(await this.authenticated(request, authentication), authMethods)
  }

  private async authenticated(request: HttpRequest, authentication: KeyAuthentication): Promise<HttpRequest> {
    const token = await authentication.token(request.origin, request.path.slice(0, Math.max(0, request.path.indexOf('/api/'))))
    return token === undefined ? request : { ...request, headers: { ...request.headers, 'x-authorization': token } }
  }

  /** Straight to the transport, unless the user put something in the way. */
  private passThrough(request: HttpRequest, authMethods: Configuration['authMethods']): Promise<HttpResponse> {
    const { middleware, httpApi } = this.options.configuration
    if (middleware.length === 0 && !httpApi && !authMethods.default) return this.options.transport.send(request)
    return this.throughMiddleware(request, authMethods)
  }

  private async throughMiddleware(request: HttpRequest, authMethods: Configuration['authMethods']): Promise<HttpResponse> {
    const { middleware, httpApi } = this.options.configuration
    let outgoing = contextOf(request)
    await authMethods.default?.applySecurityAuthentication(outgoing)
    for (const layer of middleware) outgoing = await settled(layer.pre(outgoing))
    let incoming = httpApi ? await settled(httpApi.send(outgoing)) : await this.sendContext(request, outgoing)
    for (const layer of middleware) incoming = await settled(layer.post(incoming))
    return { status: incoming.httpStatusCode, headers: incoming.headers, text: await incoming.body.text() }
  }

  private async sendContext(request: HttpRequest, context: RequestContext): Promise<ResponseContext> {
    const { origin, basePath } = placeOf(context.getUrl())
    const sent = { ...request, method: context.getHttpMethod(), origin, path: basePath, headers: context.getHeaders(), body: context.getBody() }
    const { status, headers, text } = await this.options.transport.send(sent)
    return new ResponseContext(status, { ...headers }, { text: async () => text })
  }
}

/** `http://host/conductor` → `http://host` and `/conductor`. */
function placeOf(address: string): { readonly origin: string; readonly basePath: string } {
  const slash = address.indexOf('/', address.indexOf('://') + 3)
  return slash === -1 ? { origin: address, basePath: '' } : { origin: address.slice(0, slash), basePath: address.slice(slash) }
}

function contextOf(request: HttpRequest): RequestContext {
  const context = new RequestContext(request.origin + request.path, request.method as HttpMethod)
  for (const [name, value] of Object.entries(request.headers)) context.setHeaderParam(name, value)
  context.setBody(request.body)
  return context
}
