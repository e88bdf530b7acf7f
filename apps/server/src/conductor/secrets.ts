/**
 * The secrets that definitions of Conductor may name. They come from the server's environment, are put in when a task is
 * handed out, and are never shown: this API tells their names.
 */
import { type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, empty, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import type { Route } from '../http/route.js'

const prefix = 'CONDUCTOR_SECRET_'

/** Value by name, from variables that begin with the original's prefix. */
export function secretsIn(variables: Readonly<Record<string, string | undefined>>): JsonObject {
  const entries = Object.entries(variables).flatMap(([name, value]) =>
    value !== undefined && name.startsWith(prefix) && name.length > prefix.length ? [[name.slice(prefix.length), value] as const] : [],
  )
  return Object.fromEntries(entries)
}

export function secretRoutes(names: ReadonlySet<string>): Route[] {
  const route = (method: 'GET' | 'POST', path: string, summary: string, handle: Route['handle']): Route => ({
    method,
    paths: [`/api/secrets${path}`],
    owner: 'conductor',
    scope: 'admin',
    summary,
    handle,
  })
  const list = () => json(200, [...names].toSorted())
  return [
    route('GET', '', 'Names of the secrets', list),
    route('POST', '', 'Names of the secrets', list),
    route('GET', '/v2', 'Names of the secrets', () =>
      json(
        200,
        [...names].toSorted().map(name => ({ name })),
      ),
    ),
    route('GET', '/{key}', 'Whether there is a secret; its value is not shown', call => value(names, call)),
    route('GET', '/{key}/exists', 'Whether there is a secret of this name', call => json(200, names.has(call.param('key')))),
  ]
}

function value(names: ReadonlySet<string>, call: Call): Answer {
  const key = call.param('key')
  if (!names.has(key)) return empty(404)
  throw new Problem('forbidden', `The value of the secret ${key} is not shown to anybody; tasks get it by \${workflow.secrets.${key}}`)
}
