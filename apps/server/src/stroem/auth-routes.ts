/** The routes of people and their keys, on a server without authentication: they say so. */
import { Problem, type ProblemCode } from '@busbar/kernel'
import type { Route } from '../http/route.js'

const lines: readonly (readonly [method: Route['method'], path: string, code: ProblemCode])[] = [
  ['POST', '/api/auth/login', 'invalid'],
  ['POST', '/api/auth/refresh', 'invalid'],
  ['GET', '/api/auth/me', 'unauthenticated'],
  ['GET', '/api/auth/api-keys', 'unauthenticated'],
  ['POST', '/api/auth/api-keys', 'unauthenticated'],
  ['GET', '/api/users', 'unauthenticated'],
  ['POST', '/api/users', 'unauthenticated'],
  ['GET', '/api/groups', 'unauthenticated'],
]

/** Where these paths belong to Conductor's clients, they must look absent: without flows there is nobody to be a user of them. */
const absentToConductor = '/api/users'

export function authRoutes({ servesFlows }: { readonly servesFlows: boolean }): Route[] {
  return lines
    .filter(([, path]) => servesFlows || path !== absentToConductor)
    .map(([method, path, code]) => ({
      method,
      paths: [path],
      owner: 'stroem',
      scope: 'public',
      summary: 'Answers that authentication is not configured',
      handle: () => {
        throw new Problem(code, 'Authentication not configured')
      },
    }))
}
