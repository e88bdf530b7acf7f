/** For whoever starts and stops servers: lives it, and should it get requests. The health routes of both protocols say the same in their own words. */
import { text } from './http/answer.js'
import type { Route } from './http/route.js'
import type { Health } from './health.js'

export function healthRoutes(health: Health): Route[] {
  return [
    {
      method: 'GET',
      paths: ['/livez'],
      owner: 'stroem',
      scope: 'public',
      summary: 'Whether the process lives; asks nobody, because a database that is away is no reason to restart a server',
      handle: () => text(200, 'ok'),
    },
    {
      method: 'GET',
      paths: ['/readyz'],
      owner: 'stroem',
      scope: 'public',
      summary: 'Whether the server should get requests, or the reason why not',
      handle: async () => {
        const { trouble } = await health.check()
        return trouble === null ? text(200, 'ok') : { ...text(503, trouble), headers: { 'retry-after': '2' } }
      },
    },
  ]
}
