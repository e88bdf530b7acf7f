/**
 * What Conductor has and Busbar does not have yet. Each answers 501 and names itself, so that nobody mistakes it for
 * an unknown path. A line goes away when its feature comes.
 */
import { Problem } from '@busbar/kernel'
import type { Route, Scope } from '../http/route.js'
import { inBothFamilies } from './families.js'

type Line = readonly [method: Route['method'], path: string, scope: Scope, feature: string]

const lines: readonly Line[] = [
]

export function unbuiltRoutes(): Route[] {
  return lines.map(([method, path, scope, feature]) => ({
    method,
    paths: inBothFamilies(path),
    owner: 'conductor',
    scope,
    summary: `Not built yet: ${feature}`,
    handle: () => {
      throw new Problem('unsupported', `${feature} is not built yet (${method} ${path})`)
    },
  }))
}
