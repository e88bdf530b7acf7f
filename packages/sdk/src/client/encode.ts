import type { Body, Call, Params, Query } from './call.js'

/** Thrown inside, told to the user as a `RequiredError` with the names of API and method. */
export class MissingArgument extends Error {
  readonly field: string

  constructor(field: string) {
    super(field)
    this.field = field
  }
}

export interface Encoded {
  readonly pathAndQuery: string
  readonly body: string | undefined
  readonly contentType: string | undefined
}

export function encode(call: Call<unknown>, template: string): Encoded {
  const path = fill(template, call.params)
  const query = encodeQuery(call.query)
  return { pathAndQuery: query === '' ? path : `${path}?${query}`, ...encodeBody(call.body) }
}

function fill(template: string, params: Params): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(present(params, name))))
}

function present(named: Params, name: string): unknown {
  const value = named[name]
  if (value === null || value === undefined) throw new MissingArgument(name)
  return value
}

/** What is not given is left out. A list is one parameter with commas, as the servers split it. */
function encodeQuery(query: Query): string {
  const search = new URLSearchParams()
  for (const name in query) {
    const value = query[name]
    if (value !== null && value !== undefined) search.set(name, String(value))
  }
  return search.toString()
}

function encodeBody(body: Body | undefined): Pick<Encoded, 'body' | 'contentType'> {
  if (body === undefined) return { body: undefined, contentType: undefined }
  const [name = ''] = Object.keys(body.named)
  const value = present(body.named, name)
  if (body.kind === 'text') return { body: String(value), contentType: 'text/plain' }
  return { body: JSON.stringify(value), contentType: 'application/json' }
}
