/** For browsers, and for programs that bring a `fetch` of their own. */
import { type HttpRequest, type HttpResponse, type Transport, type TransportLimits, transportLimits } from './transport.js'
import { TransportError } from './transport-error.js'

export interface FetchTransportOptions extends Partial<Pick<TransportLimits, 'responseBytesMax'>> {
  readonly fetch?: typeof fetch
}

export function fetchTransport(options: FetchTransportOptions = {}): Transport {
  const bytesMax = options.responseBytesMax ?? transportLimits.responseBytesMax
  return {
    send: request => exchange(request, bytesMax, options.fetch ?? globalThis.fetch),
    close: () => {},
  }
}

async function exchange(request: HttpRequest, bytesMax: number, fetch: typeof globalThis.fetch): Promise<HttpResponse> {
  const timeout = AbortSignal.timeout(request.timeoutMs)
  const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout
  try {
    const response = await fetch(request.origin + request.path, {
      method: request.method,
      headers: request.headers,
      credentials: 'same-origin',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    return { status: response.status, headers: Object.fromEntries(response.headers), text: await read(request, response, bytesMax) }
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason
    if (timeout.aborted) throw new TransportError(request, 'timeout', `nothing came within ${request.timeoutMs} ms`)
    if (error instanceof TransportError) throw error
    throw new TransportError(request, 'broken', error instanceof Error ? error.message : String(error), error)
  }
}

async function read(request: HttpRequest, response: Response, bytesMax: number): Promise<string> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    if (bytes > bytesMax) {
      await reader.cancel()
      throw new TransportError(request, 'tooLarge', `the answer is longer than ${bytesMax} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
}
