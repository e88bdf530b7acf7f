/** The input of an HTTP task as a request (conductor-semantics.md §10.17). */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { mustUrl, type OutboundRequest } from '../outbound/fetch-guarded.js'
import { Forbidden } from '../outbound/outbound-guard.js'

/** Something is missing; the task fails, and a retry may find it. */
export class Incomplete extends Error {}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
const urlCharsMax = 8_192
const defaultMs = 3_000
const connectMsMax = 60_000
const readMsMax = 600_000

/** Headers by which one request could be made into two, or a connection into another. */
const refusedHeaders = /^(connection|content-length|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/
/** No line end and no NUL. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** The part of the input that says what to ask for. */
export function requestPart(input: JsonObject): JsonObject {
  const nested = input['http_request']
  return isJsonObject(nested) ? nested : input
}

/** `stored` is the same input before secrets were put in. */
export function httpRequestOf(input: JsonObject, stored: JsonObject): OutboundRequest {
  const part = requestPart(input)
  const plain = requestPart(stored)
  const uri = part['uri']
  if (uri === null || uri === undefined || uri === '') throw new Incomplete('Missing HTTP URI.  See documentation for HttpTask for required input parameters')
  const method = part['method']
  if (method === null || method === undefined || method === '') throw new Incomplete('No HTTP method specified')
  const text = String(uri)
  if (text.length > urlCharsMax) throw new Forbidden(`the URL has ${text.length} characters, the most is ${urlCharsMax}`)
  const url = mustUrl(text)
  url.hash = ''
  const headers = headersOf(part)
  return {
    method: methodOf(method),
    url,
    headers,
    body: bodyOf(part['body'] ?? null, headers.get('content-type') ?? ''),
    privateHeaders: changedHeaders(headers, headersOf(plain)),
    isBodyPrivate: JSON.stringify(part['body']) !== JSON.stringify(plain['body']),
    connectMs: timeoutOf(part['connectionTimeOut'], connectMsMax),
    readMs: timeoutOf(part['readTimeOut'], readMsMax),
  }
}

function methodOf(value: Json): string {
  const method = String(value).toUpperCase()
  if (!methods.has(method)) throw new Forbidden(`expected one of the methods ${[...methods].join(', ')}, found "${method.slice(0, 20)}"`)
  return method
}

/** 0 and what is no number mean the most there is, and the default. */
function timeoutOf(value: Json | undefined, max: number): number {
  const ms = Number(value ?? defaultMs)
  if (!Number.isFinite(ms)) return defaultMs
  return ms <= 0 ? max : Math.min(Math.ceil(ms), max)
}

function headersOf(part: JsonObject): ReadonlyMap<string, string> {
  const headers = new Map([
    ['accept', textOf(part['accept']) ?? 'application/json'],
    ['content-type', textOf(part['contentType']) ?? 'application/json'],
  ])
  const given = part['headers']
  const seen = new Set<string>()
  for (const [key, value] of Object.entries(isJsonObject(given) ? given : {})) {
    const name = key.toLowerCase()
    const text = textOf(value)
    if (text === null) continue
    if (!headerName.test(name) || refusedHeaders.test(name)) throw new Forbidden(`the header "${key.slice(0, 100)}" may not be set`)
    if (seen.has(name)) throw new Forbidden(`the header "${name}" is given twice`)
    if (!headerValue.test(text)) throw new Forbidden(`the value of the header "${name}" holds characters that no header may hold`)
    seen.add(name)
    headers.set(name, text)
  }
  return headers
}

function textOf(value: Json | undefined): string | null {
  if (value === null || value === undefined || value === '') return null
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function bodyOf(body: Json, type: string): string | null {
  if (body === null) return null
  if (typeof body === 'string') return body
  if (isJsonObject(body) && /^application\/x-www-form-urlencoded\b/i.test(type)) {
    return new URLSearchParams(Object.entries(body).map(([key, value]): [string, string] => [key, textOf(value) ?? ''])).toString()
  }
  return JSON.stringify(body)
}

function changedHeaders(headers: ReadonlyMap<string, string>, plain: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set([...headers].filter(([name, value]) => plain.get(name) !== value).map(([name]) => name))
}
