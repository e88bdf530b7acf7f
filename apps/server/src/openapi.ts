/** The OpenAPI document, made from the route table. */
import { rawJson } from './http/answer.js'
import type { Route } from './http/route.js'
import { version } from './version.js'

/** A route that answers with the description of all routes, itself included. */
export function openApiRoute(routes: readonly Route[]): Route {
  let text: string | undefined
  const route: Route = {
    method: 'GET',
    paths: ['/api-docs'],
    owner: 'conductor',
    scope: 'read',
    summary: 'This document',
    handle: () => {
      text ??= JSON.stringify(openApiOf([...routes, route]))
      return rawJson(200, text)
    },
  }
  return route
}

function openApiOf(routes: readonly Route[]): unknown {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    for (const path of route.paths) {
      paths[path] ??= {}
      Object.assign(paths[path], { [route.method.toLowerCase()]: operationOf(route, path) })
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Busbar', version, summary: 'Durable workflows over the APIs of Conductor and Strøm' },
    tags: [{ name: 'conductor' }, { name: 'stroem' }],
    paths,
    components: { securitySchemes: { workerToken: { type: 'http', scheme: 'bearer', description: 'The token that Strøm workers share' } } },
  }
}

function operationOf(route: Route, path: string): unknown {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
  const inQuery = Object.entries(route.query ?? {}).map(([name, description]) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
    ...(description === '' ? {} : { description }),
  }))
  return {
    summary: route.summary,
    tags: [route.owner],
    'x-busbar-scope': route.scope,
    ...(route.credential ? { security: [{ workerToken: [] }] } : {}),
    parameters: [...inPath, ...inQuery],
    ...(route.method === 'POST' || route.method === 'PUT' ? { requestBody: { content: { 'application/json': { schema: {} } } } } : {}),
    responses: { default: { description: 'See the documentation of the API that the route belongs to' } },
  }
}
