import { invariant } from '@busbar/kernel'
import type { Answer } from './answer.js'
import type { Call } from './call.js'

/** Who may call. A right is a property of the route; a route without one is not registered. */
export type Scope = 'public' | 'read' | 'work' | 'start' | 'operate' | 'define' | 'admin'

/** Whose API a path belongs to: errors keep its shape. */
export type Owner = 'conductor' | 'stroem'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** The same route under several names: both families of Conductor's paths. `{name}` is a parameter. */
  readonly paths: readonly [string, ...string[]]
  readonly owner: Owner
  readonly scope: Scope
  /** What must be shown besides the scope, even where everything else is open. */
  readonly credential?: 'workerToken'
  readonly bodyBytesMax?: number
  /** The parameter that may hold slashes (as `%2F`): a name that is never joined to a path. */
  readonly slashesIn?: string
  /** For the OpenAPI document. */
  readonly summary: string
  readonly query?: Readonly<Record<string, string>>
  readonly handle: (call: Call) => Answer | Promise<Answer>
}

const scopes: ReadonlySet<string> = new Set<Scope>(['public', 'read', 'work', 'start', 'operate', 'define', 'admin'])

/** Fails at start, not at the first request: a forgotten scope would be an open door. */
export function checkRoute(route: Route): void {
  const name = `${route.method} ${route.paths[0]}`
  invariant(scopes.has(route.scope), `the route ${name} has no scope: say who may call it`)
  invariant(route.summary.length > 0, `the route ${name} has no summary`)
  for (const path of route.paths) invariant(path.startsWith('/'), `the route ${name} has a path that does not begin with a slash: ${path}`)
}

/** `/a/{b}` as the router writes it. */
export function routerPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
