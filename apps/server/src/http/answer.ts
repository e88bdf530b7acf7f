import type { Readable } from 'node:stream'

/** What a handler answers. Bodies are written out already: nothing behind the handler serialises again. */
export interface Answer {
  readonly status: number
  /** Null: no body, hence no type. */
  readonly type: string | null
  readonly body: string | Uint8Array | Readable | null
  readonly headers?: Readonly<Record<string, string>>
}

const jsonType = 'application/json'
const textType = 'text/plain;charset=UTF-8'

export function json(status: number, value: unknown): Answer {
  return { status, type: jsonType, body: JSON.stringify(value) }
}

/** JSON that is text already. */
export function rawJson(status: number, body: string): Answer {
  return { status, type: jsonType, body }
}

export function text(status: number, body: string): Answer {
  return { status, type: textType, body }
}

export function empty(status: number): Answer {
  return { status, type: null, body: null }
}

export function bytes(type: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Answer {
  return { status: 200, type, body, headers }
}

export function stream(type: string, body: Readable): Answer {
  return { status: 200, type, body, headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' } }
}
