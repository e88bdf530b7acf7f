/** Definitions of tasks: one per name, without versions. */
import { parseTaskDef, type TaskDef, taskDefToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { invariant, Problem } from '@busbar/kernel'
import { type Answer, empty, rawJson } from '../http/answer.js'
import type { Call } from '../http/call.js'
import type { Route } from '../http/route.js'
import { throwIfRefused } from '../http/problem.js'
import { mustTaskDefs } from './definitions.js'
import { inBothFamilies } from './families.js'
import { violated } from './violations.js'

const base = '/api/metadata/taskdefs'

export function taskMetadataRoutes(engine: EngineApi): Route[] {
  const route = (method: Route['method'], path: string, summary: string, handle: Route['handle']): Route => ({
    method,
    paths: inBothFamilies(base + path),
    owner: 'conductor',
    scope: method === 'GET' ? 'read' : 'define',
    summary,
    handle,
  })
  return [
    route('POST', '', 'Registers task definitions, replacing those that exist', call => putAll(engine, call)),
    route('PUT', '', 'Replaces a task definition', call => putOne(engine, call)),
    route('GET', '', 'All task definitions', () => listAll(engine)),
    route('GET', '/{tasktype}', 'A task definition', call => getOne(engine, call)),
    route('DELETE', '/{tasktype}', 'Removes a task definition', call => remove(engine, call)),
  ]
}

async function putAll(engine: EngineApi, call: Call): Promise<Answer> {
  const items = call.list()
  if (items.length === 0) throw violated([{ path: 'registerTaskDef.arg0', message: 'TaskDefList is empty' }])
  const defs = mustTaskDefs(items, index => `registerTaskDef.arg0[${index}]`)
  for (const def of defs) await put(engine, { ...def, createTime: engine.now(), createdBy: '', updateTime: 0, updatedBy: null })
  return empty(200)
}

async function putOne(engine: EngineApi, call: Call): Promise<Answer> {
  const [def] = mustTaskDefs([call.object()], () => 'updateTaskDef.arg0')
  invariant(def, 'one source gives one definition')
  const existing = await engine.definition('task', '', def.name, null)
  if (!existing) throw new Problem('missing', `No such task by name ${def.name}`)
  const { createTime, createdBy } = throwIfRefused(parseTaskDef(JSON.parse(existing.body)))
  await put(engine, { ...def, createTime, createdBy, updateTime: engine.now(), updatedBy: '' })
  return empty(200)
}

async function put(engine: EngineApi, def: TaskDef): Promise<void> {
  const now = engine.now()
  await engine.putDefinition({
    kind: 'task',
    namespace: '',
    name: def.name,
    version: 0,
    body: JSON.stringify(taskDefToWire(def)),
    createdAt: now,
    updatedAt: now,
  })
}

async function listAll(engine: EngineApi): Promise<Answer> {
  const found = await engine.definitions('task', '')
  return rawJson(200, `[${found.map(({ body }) => body).join(',')}]`)
}

async function getOne(engine: EngineApi, call: Call): Promise<Answer> {
  const name = call.param('tasktype')
  const found = await engine.definition('task', '', name, null)
  if (!found) throw new Problem('missing', `No such taskType found by name: ${name}`)
  return rawJson(200, found.body)
}

async function remove(engine: EngineApi, call: Call): Promise<Answer> {
  if (!(await engine.deleteDefinition('task', '', call.param('tasktype'), 0))) throw new Problem('missing', 'No such task definition')
  return empty(200)
}
