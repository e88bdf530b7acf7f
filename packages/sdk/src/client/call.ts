/** One call of the API as data: what to send, what comes back, and whether it may be sent twice. */

export type Answer = 'json' | 'text' | 'nothing'

export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Main-line path without `/api`, names in braces; `path-families.ts` knows the other family. */
  readonly template: string
  readonly params: Params
  readonly query: Query
  readonly body: Body | undefined
  readonly answer: Answer
  readonly repeatable: boolean
  /** What the call itself may take on the server, on top of the client's time-out. */
  readonly waitMs?: number
  /** Makes the result from what was parsed. */
  readonly finish?: (parsed: unknown) => T
}

/** By the name that the user knows: a missing one is told by it. */
export type Params = { readonly [name: string]: unknown }
export type Query = { readonly [name: string]: string | number | boolean | readonly string[] | null | undefined }
export type Body = { readonly kind: 'json'; readonly named: Params } | { readonly kind: 'text'; readonly named: Params }

/** The argument of this name goes into the body, as JSON. */
export function body(named: Params): Body {
  return { kind: 'json', named }
}

export function textBody(named: Params): Body {
  return { kind: 'text', named }
}

export function read<T>(template: string, params: Params = {}, query: Query = {}): Call<T> {
  return { method: 'GET', template, params, query, body: undefined, answer: 'json', repeatable: true }
}

export function readText(template: string, params: Params = {}, query: Query = {}): Call<string> {
  return { method: 'GET', template, params, query, body: undefined, answer: 'text', repeatable: true }
}

/** A POST whose second arrival would do its work again. */
export function post<T>(template: string, params: Params = {}, query: Query = {}, body?: Body): Call<T> {
  return { method: 'POST', template, params, query, body, answer: 'json', repeatable: false }
}

export function put<T>(template: string, params: Params = {}, query: Query = {}, body?: Body): Call<T> {
  return { method: 'PUT', template, params, query, body, answer: 'json', repeatable: true }
}

export function remove(template: string, params: Params = {}, query: Query = {}): Call<void> {
  return { method: 'DELETE', template, params, query, body: undefined, answer: 'nothing', repeatable: true }
}

export function forText(call: Call<unknown>): Call<string> {
  return { ...call, answer: 'text', finish: String }
}

export function forNothing(call: Call<unknown>): Call<void> {
  return { ...call, answer: 'nothing', finish: () => {} }
}
