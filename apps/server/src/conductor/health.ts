import { json, text } from '../http/answer.js'
import type { Route } from '../http/route.js'
import type { Health } from '../health.js'
import { version } from '../version.js'

export function healthRoutes(health: Health): Route[] {
  return [
    {
      method: 'GET',
      paths: ['/health', '/api/health'],
      owner: 'conductor',
      scope: 'public',
      summary: 'Whether the server can work',
      handle: async () => {
        const { trouble } = await health.check()
        const results = trouble === null ? [] : [{ details: {}, errorMessage: trouble, healthy: false }]
        return json(trouble === null ? 200 : 503, { healthResults: results, suppressedHealthResults: [], healthy: trouble === null })
      },
    },
    { method: 'GET', paths: ['/api/version'], owner: 'conductor', scope: 'read', summary: 'The version of the server', handle: () => text(200, version) },
  ]
}
