import type { EngineApi } from '@busbar/engine'
import type { Health } from '../health.js'
import type { Route } from '../http/route.js'
import { adminRoutes, type Environment } from './admin.js'
import { bulkRoutes } from './bulk.js'
import { definitionsOf } from './definitions.js'
import { executeRoutes } from './execute.js'
import { healthRoutes } from './health.js'
import { taskMetadataRoutes } from './metadata-task.js'
import { workflowMetadataRoutes } from './metadata-workflow.js'
import { type PayloadOptions, payloadRoutes } from './payloads.js'
import { queueRoutes } from './queues.js'
import { removalRoutes } from './removal.js'
import { rerunRoutes } from './rerun.js'
import { schedulerRoutes } from './scheduler.js'
import { searchRoutes } from './search.js'
import { secretRoutes } from './secrets.js'
import { signalRoutes } from './signals.js'
import { startRoutes } from './start-workflow.js'
import { taskLogRoutes } from './task-logs.js'
import { taskResultRoutes } from './task-results.js'
import { taskRoutes } from './tasks.js'
import { testRunRoutes } from './test-run.js'
import { workflowListRoutes } from './workflow-lists.js'
import { workflowRoutes } from './workflow.js'

export interface ConductorParts extends PayloadOptions {
  readonly engine: EngineApi
  readonly health: Health
  readonly environment: Environment
  readonly secretNames: ReadonlySet<string>
}

/** Conductor's API: the whole of it, in both families of paths. */
export function conductorRoutes({ engine, health, environment, secretNames, publicUrl }: ConductorParts): readonly Route[] {
  const definitions = definitionsOf(engine, name => environment.has(name))
  return [
    ...startRoutes(engine, definitions),
    ...executeRoutes(engine, definitions),
    ...testRunRoutes(engine, definitions),
    ...taskRoutes(engine),
    ...signalRoutes(engine),
    ...taskResultRoutes(engine),
    ...taskLogRoutes(engine),
    ...payloadRoutes(engine, { publicUrl }),
    ...queueRoutes(engine),
    ...workflowRoutes(engine),
    ...workflowListRoutes(engine),
    ...searchRoutes(engine),
    ...rerunRoutes(engine),
    ...removalRoutes(engine),
    ...bulkRoutes(engine),
    ...workflowMetadataRoutes(engine, definitions),
    ...taskMetadataRoutes(engine),
    ...adminRoutes(engine, environment),
    ...schedulerRoutes(engine),
    ...secretRoutes(secretNames),
    ...healthRoutes(health),
  ]
}

/** What Conductor's clients call below `/api`, this server's or another edition's: an unknown path there is answered in its words. */
const firstSegments = new Set(
  (
    'workflow tasks task metadata event queue admin health version environment secrets scheduler files token schema human webhook users groups ' +
    'applications auth integrations prompts agent skills providers a2a external'
  ).split(' '),
)

export function isConductorPath(path: string): boolean {
  const [, api, first = ''] = path.split('/')
  return api === 'health' || (api === 'api' && firstSegments.has(first.toLowerCase()))
}
