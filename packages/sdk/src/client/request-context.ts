/** The shapes that middleware, authentication and own HTTP libraries of the original client's users work on. */

export const HttpMethod = {
  GET: 'GET',
  HEAD: 'HEAD',
  POST: 'POST',
  PUT: 'PUT',
  DELETE: 'DELETE',
  CONNECT: 'CONNECT',
  OPTIONS: 'OPTIONS',
  TRACE: 'TRACE',
  PATCH: 'PATCH',
} as const
export type HttpMethod = (typeof HttpMethod)[keyof typeof HttpMethod]

export class RequestContext {
  private url: URL
  private body: string | undefined
  private readonly headers: Record<string, string> = {}
  private readonly httpMethod: HttpMethod

  constructor(url: string, httpMethod: HttpMethod) {
    this.url = new URL(url)
    this.httpMethod = httpMethod
  }

  getUrl(): string {
    return this.url.toString()
  }

  setUrl(url: string): void {
    this.url = new URL(url)
  }

  getBody(): string | undefined {
    return this.body
  }

  setBody(body: string | undefined): void {
    this.body = body
  }

  getHttpMethod(): HttpMethod {
    return this.httpMethod
  }

  getHeaders(): Record<string, string> {
    return this.headers
  }

  setHeaderParam(key: string, value: string): void {
    this.headers[key] = value
  }

  setQueryParam(name: string, value: string): void {
    this.url.searchParams.set(name, value)
  }

  addCookie(name: string, value: string): void {
    const earlier = this.headers['Cookie']
    this.headers['Cookie'] = `${earlier === undefined ? '' : `${earlier} `}${name}=${value};`
  }
}

export interface ResponseBody {
  text(): Promise<string>
}

export class ResponseContext {
  readonly httpStatusCode: number
  readonly headers: { [name: string]: string }
  readonly body: ResponseBody

  constructor(httpStatusCode: number, headers: { [name: string]: string }, body: ResponseBody) {
    this.httpStatusCode = httpStatusCode
    this.headers = headers
    this.body = body
  }
}

/** A promise, or what the original wraps one in. */
export type Eventually<T> = PromiseLike<T> | { toPromise(): Promise<T> } | T

export async function settled<T>(value: Eventually<T>): Promise<T> {
  if (typeof value === 'object' && value !== null && 'toPromise' in value) return value.toPromise()
  return value
}
