/** Reading Strøm's requests. What its framework refused before a handler saw it is plain text with 400, 415 or 422. */
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, isJsonObject, type JsonObject, Problem, type Refusal, type View } from '@busbar/kernel'
import type { StroemCommand, StroemReply, StroemTypes } from '@busbar/stroem'
import type { Call } from '../http/call.js'
import { WireProblem } from '../http/problem.js'

export type JobView = View<StroemTypes>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function isUuid(text: string): boolean {
  return uuid.test(text)
}

/** The id of a job in a path of `/api`. */
export function jobId(call: Call): ExecutionId {
  const text = call.param('job')
  if (!isUuid(text)) throw new Problem('invalid', 'Invalid job ID')
  return text.toLowerCase() as ExecutionId
}

/** The id of a job in a path of `/worker`: refused by the framework there. */
export function workerJobId(call: Call): ExecutionId {
  const text = call.param('job')
  if (!isUuid(text)) throw new WireProblem(400, `Invalid URL: expected a UUID as job id, found "${text.slice(0, 100)}"`)
  return text.toLowerCase() as ExecutionId
}

/** The body, which must be JSON by its type and an object by its form. */
export function objectBody(call: Call): JsonObject {
  requireJsonType(call)
  const value = call.json()
  if (!isJsonObject(value)) throw new WireProblem(422, 'expected a JSON object as body')
  return value
}

/** Like `objectBody`, but a missing body is an empty object: the first workers sent none. */
export function optionalObjectBody(call: Call): JsonObject {
  if (call.text === '') return {}
  return objectBody(call)
}

export function requireJsonType(call: Call): void {
  const type = call.header('content-type') ?? ''
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) throw new WireProblem(415, 'expected a body with `Content-Type: application/json`')
}

export function textField(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string')
    throw new WireProblem(422, `the field "${name}": expected a text, found ${value === undefined ? 'none' : JSON.stringify(value).slice(0, 100)}`)
  return value
}

/** A query value as a whole number of at least zero. */
export function countQuery(call: Call, name: string, fallback: number, max: number): number {
  const value = call.query(name)
  if (value === undefined || value === '') return fallback
  if (!/^\d+$/.test(value)) throw new Problem('invalid', `the query parameter ${name}: expected a whole number of at least 0, found "${value.slice(0, 100)}"`)
  return Math.min(Number(value), max)
}

export async function findJob(engine: EngineApi, id: ExecutionId): Promise<JobView | null> {
  const found = await engine.read(id)
  return found?.dialect === 'stroem' ? found.view : null
}

export async function mustJob(engine: EngineApi, id: ExecutionId): Promise<JobView> {
  const view = await findJob(engine, id)
  if (!view) throw new Problem('missing', 'Job not found')
  return view
}

export function tellJob(engine: EngineApi, id: ExecutionId, command: StroemCommand): Promise<StroemReply | Refusal> {
  return engine.send<StroemReply>(id, command)
}
