/** Starting a job: what the edge sends, and what becomes of it. */
import { type Context, type Json, type JsonObject, type Parent, type Refusal, refuse, type StartPlan } from '@busbar/kernel'
import { type Dictionary, type InputField, lookUp, primitiveTypes, type Workspace } from './definition/types.js'
import { mask } from './masking.js'
import type { TaskSnapshot } from './plan.js'
import { type Definitions, snapshotOf, troubleWith } from './snapshot.js'
import { renderText } from './template/render.js'
import type { Brief, SourceType, StroemTypes } from './types.js'

export interface StartOptions {
  readonly input: JsonObject
  readonly sourceType: SourceType
  readonly sourceId?: string | null
  readonly revision?: string | null
  /** The job that is run again: its hidden values stand in for the masks in `input`. */
  readonly sourceJob?: { readonly id: string; readonly workspace: string; readonly rawInput: JsonObject }
  /** Refuse when a required field without default is missing. Webhooks and triggers send other shapes, so not there. */
  readonly enforceRequired?: boolean
  readonly heartbeatTimeoutMs?: number
}

/** JSON: it also travels in messages from a parent to its child. */
interface StartRequest {
  readonly snapshot: TaskSnapshot
  readonly workspace: string
  readonly revision: string | null
  readonly input: JsonObject
  readonly sourceType: SourceType
  readonly sourceId: string | null
  readonly sourceJobId: string | null
  readonly depth: number
  readonly heartbeatTimeoutMs: number
}

export const depthMax = 10
const heartbeatTimeoutMsDefault = 120_000

export function startRequest(workspace: Workspace, taskName: string, options: StartOptions): JsonObject | Refusal {
  const snapshot = snapshotOf(workspace, taskName)
  const trouble = troubleWith(snapshot, workspace.name)
  if (trouble) return trouble
  const { sourceJob } = options
  if (sourceJob && sourceJob.workspace !== workspace.name) return refuse('invalid', 'Source job belongs to a different workspace')
  const fields = lookUp(snapshot.tasks, taskName)?.input ?? {}
  const input = sourceJob ? withHiddenValues(options.input, fields, sourceJob.rawInput) : options.input
  const refusal = options.enforceRequired ? missingField(fields, input) : null
  if (refusal) return refusal
  return toJson({
    snapshot,
    workspace: workspace.name,
    revision: options.revision ?? null,
    input,
    sourceType: options.sourceType,
    sourceId: options.sourceId ?? null,
    sourceJobId: sourceJob?.id ?? null,
    depth: 0,
    heartbeatTimeoutMs: options.heartbeatTimeoutMs ?? heartbeatTimeoutMsDefault,
  })
}

/** The request that a step of type `task` sends: everything comes from the parent's own snapshot. */
export function childRequest(parent: Brief, definitions: Definitions, task: string, input: JsonObject, sourceId: string): JsonObject {
  return toJson({
    snapshot: snapshotOf(definitions, task),
    workspace: parent.workspace,
    revision: parent.revision,
    input,
    sourceType: 'task',
    sourceId,
    sourceJobId: null,
    depth: parent.depth + 1,
    heartbeatTimeoutMs: parent.heartbeatTimeoutMs,
  })
}

export function planStart(json: JsonObject, parent: Parent | null, context: Context): StartPlan<StroemTypes> {
  const request = fromJson(json)
  if (request === null) return refuse('invalid', 'Expected a start request that startRequest or a parent job made')
  const trouble = troubleWith(request.snapshot, request.workspace)
  if (trouble) return trouble
  if (request.depth > depthMax) return refuse('invalid', `Task nesting is invalid: more than ${depthMax} jobs above each other`)
  const fields = lookUp(request.snapshot.tasks, request.snapshot.task)?.input ?? {}
  const filled = withDefaults(request.input, fields, request.workspace, context)
  if ('kind' in filled) return filled
  return {
    kind: 'create',
    label: {
      namespace: request.workspace,
      name: request.snapshot.task,
      version: request.revision ?? '',
      handle: request.sourceId ?? '',
      source: request.sourceType,
    },
    definition: JSON.stringify(request.snapshot),
    brief: {
      workspace: request.workspace,
      revision: request.revision,
      input: filled.input,
      rawInput: request.input,
      secretDefaults: filled.secretDefaults,
      sourceType: request.sourceType,
      sourceId: request.sourceId,
      sourceJobId: request.sourceJobId,
      depth: parent === null ? 0 : request.depth,
      heartbeatTimeoutMs: request.heartbeatTimeoutMs,
    },
    state: { startedAt: null, worker: null, output: null },
  }
}

// ── Input ──

/** What a person saw as ••••••, the source job knew; what it did not know falls back to the default. */
function withHiddenValues(input: JsonObject, fields: Dictionary<InputField>, known: JsonObject): JsonObject {
  const entries = Object.entries(input).flatMap(([name, value]): [string, Json | undefined][] => {
    const field = lookUp(fields, name)
    const hidden = value === mask && field !== null && (field.secret || isConnection(field))
    if (!hidden) return [[name, value]]
    return Object.hasOwn(known, name) ? [[name, known[name]]] : []
  })
  return Object.fromEntries(entries)
}

function missingField(fields: Dictionary<InputField>, input: JsonObject): Refusal | null {
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(input, name) && input[name] !== null && input[name] !== undefined
    if (field.required && field.default === null && !given) return refuse('invalid', `Input field '${name}' is required: give it in \`input\``)
  }
  return null
}

function withDefaults(
  input: JsonObject,
  fields: Dictionary<InputField>,
  workspace: string,
  context: Context,
): { readonly input: JsonObject; readonly secretDefaults: readonly string[] } | Refusal {
  const filled: Record<string, Json | undefined> = { ...input }
  const secretDefaults: string[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (!Object.hasOwn(filled, name) && field.default !== null) {
      const rendered = renderDefault(field, context.secrets(workspace), context)
      if (!rendered.ok) return refuse('invalid', `The default of input field '${name}' is invalid: ${rendered.message}`)
      if (namesSecret(field)) secretDefaults.push(name)
      else filled[name] = rendered.value
    }
    if (isConnection(field) && typeof filled[name] === 'string') return connectionRefusal(name, field)
  }
  return { input: filled, secretDefaults }
}

export function renderDefault(
  field: InputField,
  secrets: JsonObject,
  at: { readonly now?: Context['now']; readonly chance?: number },
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string } {
  if (typeof field.default !== 'string' || !field.default.includes('{{')) return { ok: true, value: field.default }
  const rendered = renderText(field.default, { secret: secrets }, at)
  return rendered.ok ? { ok: true, value: rendered.text } : rendered
}

function namesSecret(field: InputField): boolean {
  return typeof field.default === 'string' && field.default.includes('{{') && /\bsecret\b|__tera_context/.test(field.default)
}

export function isConnection(field: InputField): boolean {
  return !primitiveTypes.has(field.type)
}

function connectionRefusal(name: string, field: InputField): Refusal {
  return refuse('unsupported', `Input field '${name}' names a connection of type '${field.type}'; connections by name are not built yet: give its values`)
}

// ── JSON ──

function toJson(request: StartRequest): JsonObject {
  // Made of JSON only: the definitions are plain JSON by their types.
  return request as unknown as JsonObject
}

/** Requests come from this module only, so the shape is only glanced at. */
function fromJson(json: JsonObject): StartRequest | null {
  const request = json as unknown as StartRequest
  return typeof request.workspace === 'string' && typeof request.snapshot?.task === 'string' && typeof request.input === 'object' ? request : null
}
