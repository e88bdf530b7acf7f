/** What Strøm has and Busbar does not have yet: each answers 501 and names itself. */
import { Problem } from '@busbar/kernel'
import type { Route, Scope } from '../http/route.js'

type Line = readonly [method: Route['method'], path: string, scope: Scope, feature: string]

const lines: readonly Line[] = [
  ['GET', '/api/workspaces/{ws}/triggers', 'read', 'triggers'],
  ['GET', '/api/workspaces/{ws}/tasks/{task}/stats', 'read', 'statistics of tasks'],
  ['POST', '/api/workspaces/{ws}/tasks/{task}/state', 'operate', 'state snapshots'],
  ['POST', '/api/workspaces/{ws}/state', 'admin', 'state snapshots'],
  ['GET', '/hooks/{name}', 'public', 'webhooks'],
  ['POST', '/hooks/{name}', 'public', 'webhooks'],
  ['GET', '/hooks/{name}/jobs/{job}', 'public', 'webhooks'],
  ['POST', '/mcp', 'read', 'the MCP server'],
  ['GET', '/metrics', 'read', 'metrics'],
]

const workerLines: readonly Line[] = [
  ['POST', '/worker/jobs/{job}/steps/{step}/task-tool', 'work', 'agent steps'],
  ['POST', '/worker/jobs/{job}/steps/{step}/suspend', 'work', 'agent steps'],
  ['POST', '/worker/jobs/{job}/steps/{step}/agent-state', 'work', 'agent steps'],
  ['POST', '/worker/event-source/emit', 'work', 'event sources'],
  ['GET', '/worker/state/{ws}/{task}', 'work', 'state snapshots'],
  ['POST', '/worker/state/{ws}/{task}/{job}', 'work', 'state snapshots'],
  ['GET', '/worker/global-state/{ws}', 'work', 'state snapshots'],
  ['POST', '/worker/global-state/{ws}/{job}', 'work', 'state snapshots'],
  ['POST', '/worker/jobs/{job}/steps/{step}/artifacts/{name}', 'work', 'artifacts'],
  ['DELETE', '/worker/jobs/{job}/steps/{step}/artifacts', 'work', 'artifacts'],
]

export function unbuiltStroemRoutes(): Route[] {
  return [...lines.map(routeOf), ...workerLines.map((line): Route => ({ ...routeOf(line), credential: 'workerToken' }))]
}

function routeOf([method, path, scope, feature]: Line): Route {
  return {
    method,
    paths: [path],
    owner: 'stroem',
    scope,
    summary: `Not built yet: ${feature}`,
    handle: () => {
      throw new Problem('unsupported', `${feature} is not built yet (${method} ${path})`)
    },
  }
}
