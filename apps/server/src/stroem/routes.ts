import type { Route } from '../http/route.js'
import { authRoutes } from './auth-routes.js'
import { jobRoutes } from './job-routes.js'
import { type MetaRouteParts, metaRoutes } from './meta-routes.js'
import { unbuiltStroemRoutes } from './unbuilt.js'
import { type WorkerRouteParts, workerRoutes } from './worker-routes.js'
import { type WorkspaceRouteParts, workspaceRoutes } from './workspace-routes.js'

/** Strøm's two APIs: the one for people and programs below `/api`, and the one for workers below `/worker`. */
export function stroemRoutes(parts: MetaRouteParts & WorkerRouteParts & WorkspaceRouteParts): readonly Route[] {
  return [
    ...workspaceRoutes(parts),
    ...jobRoutes(parts),
    ...metaRoutes(parts),
    ...workerRoutes(parts),
    ...authRoutes({ servesFlows: parts.workspaces.list().length > 0 }),
    ...unbuiltStroemRoutes(),
  ]
}
