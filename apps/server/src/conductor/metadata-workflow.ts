/** Definitions of workflows. They are stored as the wire shows them, so reading one is handing out its text. */
import { parseWorkflowDef, type WorkflowDef, workflowDefToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isJsonObject, type JsonObject, Problem } from '@busbar/kernel'
import type { StoredDefinition } from '@busbar/store'
import { type Answer, empty, json, rawJson } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { isPassing, throwIfRefused } from '../http/problem.js'
import type { Route } from '../http/route.js'
import type { Definitions } from './definitions.js'
import { inBothFamilies } from './families.js'
import { readFlag, readInteger, readText } from './read-query.js'
import { violated } from './violations.js'

const base = '/api/metadata/workflow'

export function workflowMetadataRoutes(engine: EngineApi, definitions: Definitions): Route[] {
  const read = (path: string, summary: string, handle: Route['handle'], query: Record<string, string> = {}): Route => ({
    method: 'GET',
    paths: inBothFamilies(base + path),
    owner: 'conductor',
    scope: 'read',
    summary,
    query,
    handle,
  })
  const define = (method: 'POST' | 'PUT' | 'DELETE', path: string, summary: string, handle: Route['handle']): Route => ({
    method,
    paths: inBothFamilies(base + path),
    owner: 'conductor',
    scope: 'define',
    summary,
    handle,
  })
  return [
    define('POST', '', 'Registers a workflow definition', call => create(engine, definitions, call)),
    define('PUT', '', 'Registers workflow definitions, replacing those that exist', call => putAll(engine, definitions, call)),
    define('POST', '/validate', 'Checks a workflow definition without storing it', async call => {
      await definitions.mustWorkflowDef(call.object(), 'validateWorkflowDef.arg0')
      return empty(200)
    }),
    define('DELETE', '/{name}/{version}', 'Removes a workflow definition', call => remove(engine, call)),
    read('', 'All workflow definitions', call => listAll(engine, call), { classifier: '' }),
    read('/names', 'Names of all workflow definitions', async () => json(200, [...new Set((await stored(engine)).map(({ name }) => name))])),
    read('/names-and-versions', 'Names with their versions', () => namesAndVersions(engine)),
    read('/latest-versions', 'The newest version of each workflow definition', async () => texts(latestOf(await stored(engine)))),
    read('/{name}', 'A workflow definition', call => getOne(engine, call), { version: 'latest when absent' }),
    read('/{name}/versions', 'The versions of a workflow definition', async call =>
      json(
        200,
        (await stored(engine, call.param('name'))).map(one => summaryOf(one, false)),
      ),
    ),
  ]
}

// ── Writing ──

async function create(engine: EngineApi, definitions: Definitions, call: Call): Promise<Answer> {
  const source = call.object()
  const { name, version } = throwIfRefused(parseWorkflowDef(source))
  // That it exists is said first, whatever else may be wrong with it.
  const existing = await engine.definition('workflow', '', name, version)
  if (existing && !readFlag(call, 'overwrite', false)) throw new Problem('conflict', `Workflow with ${name}.${version} already exists!`)
  const def = await definitions.mustWorkflowDef(source, 'registerWorkflowDef.arg0')
  const now = engine.now()
  await put(engine, existing ? { ...def, updateTime: now } : { ...def, createTime: now })
  return empty(200)
}

async function putAll(engine: EngineApi, definitions: Definitions, call: Call): Promise<Answer> {
  const items = call.list()
  if (items.length === 0) throw violated([{ path: 'updateWorkflowDef.arg0', message: 'WorkflowDefList is empty' }])
  const defs: WorkflowDef[] = []
  for (const [index, item] of items.entries()) defs.push(await definitions.mustWorkflowDef(item, `updateWorkflowDef.arg0[${index}]`))
  const errors: Record<string, string> = {}
  const successful: string[] = []
  for (const def of defs) {
    try {
      await put(engine, { ...def, updateTime: engine.now() })
      successful.push(def.name)
    } catch (error) {
      if (!(error instanceof Problem) || isPassing(error)) throw error
      errors[def.name] = error.message
    }
  }
  return json(200, { bulkErrorResults: errors, bulkSuccessfulResults: successful })
}

async function put(engine: EngineApi, def: WorkflowDef): Promise<void> {
  const now = engine.now()
  const body = JSON.stringify(workflowDefToWire(def))
  await engine.putDefinition({ kind: 'workflow', namespace: '', name: def.name, version: def.version, body, createdAt: now, updatedAt: now })
}

async function remove(engine: EngineApi, call: Call): Promise<Answer> {
  const name = call.param('name')
  const version = Number(call.param('version'))
  if (!Number.isSafeInteger(version))
    throw new Problem('invalid', `the version of a workflow definition: expected a whole number, found "${call.param('version').slice(0, 100)}"`)
  const removed = await engine.deleteDefinition('workflow', '', name, version)
  if (!removed) throw new Problem('missing', `No such workflow definition: ${name} version: ${version}`)
  return empty(200)
}

// ── Reading ──

async function getOne(engine: EngineApi, call: Call): Promise<Answer> {
  const name = call.param('name')
  const version = readInteger(call, 'version', null)
  const found = await engine.definition('workflow', '', name, version)
  // A version below 0 is kept, but is never the latest, and cannot be asked for.
  if (!found || found.version < 0) throw new Problem('missing', `No such workflow found by name: ${name}, version: ${version}`)
  return rawJson(200, found.body)
}

/** In the order of name and version. */
async function stored(engine: EngineApi, name?: string): Promise<readonly StoredDefinition[]> {
  const found = await engine.definitions('workflow', '', name)
  return found.toSorted((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1))
}

function texts(definitions: readonly StoredDefinition[]): Answer {
  return rawJson(200, `[${definitions.map(({ body }) => body).join(',')}]`)
}

async function listAll(engine: EngineApi, call: Call): Promise<Answer> {
  const wanted = readText(call, 'classifier')
  const all = await stored(engine)
  return texts(wanted === null || wanted === '' ? all : all.filter(({ body }) => classifierOf(body).toLowerCase() === wanted.toLowerCase()))
}

function classifierOf(body: string): string {
  const { metadata } = fieldsOf(body)
  if (!isJsonObject(metadata)) return 'workflow'
  const { classifier } = metadata
  if (typeof classifier === 'string' && classifier.trim() !== '') return classifier
  return 'agent_sdk' in metadata || 'agentDef' in metadata ? 'agent' : 'workflow'
}

/** The text is one that `put` wrote. */
function fieldsOf(body: string): JsonObject {
  return JSON.parse(body) as JsonObject
}

function latestOf(definitions: readonly StoredDefinition[]): readonly StoredDefinition[] {
  return [...new Map(definitions.map(one => [one.name, one])).values()]
}

async function namesAndVersions(engine: EngineApi): Promise<Answer> {
  const byName: Record<string, JsonObject[]> = {}
  for (const one of await stored(engine)) {
    byName[one.name] ??= []
    byName[one.name]?.push(summaryOf(one, true))
  }
  return json(200, byName)
}

function summaryOf({ name, version, body }: StoredDefinition, withUpdateTime: boolean): JsonObject {
  const { createTime, updateTime } = fieldsOf(body)
  return { name, version, createTime, ...(withUpdateTime ? { updateTime } : {}) }
}
