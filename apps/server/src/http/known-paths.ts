import type { Owner, Route } from './route.js'

export interface KnownPath {
  readonly owner: Owner
  readonly methods: readonly string[]
}

/** Finds which methods a path knows: for 405 and OPTIONS, off the path of ordinary requests. */
export function knownPaths(routes: readonly Route[]): (path: string) => KnownPath | null {
  const patterns = routes.flatMap(route => route.paths.map(path => ({ pattern: patternOf(path), method: route.method, owner: route.owner })))
  return path => {
    const hits = patterns.filter(({ pattern }) => pattern.test(path))
    if (hits.length === 0) return null
    const owner = hits.some(hit => hit.owner === 'conductor') ? 'conductor' : 'stroem'
    const methods = [...new Set(hits.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
    return { owner, methods }
  }
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')
  return new RegExp(`^${source}$`)
}
