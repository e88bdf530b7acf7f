import { type ExecutionId, isJsonObject, isRefusal, type Json, type JsonObject, refuse, type Refusal, type StartPlan } from '@busbar/kernel'
import { testRunKey } from '../decide/test-run.js'
import { planGate } from '../gate/gate.js'
import { planNotice } from '../listeners/notice.js'
import { planSchedule } from '../schedule/schedule.js'
import { parseWorkflowDef } from '../definition/parse-workflow-def.js'
import { classifierOf, plainWorkflow } from '../definition/classifier.js'
import type { WorkflowDef } from '../definition/types.js'
import type { ConductorContext } from '../settings.js'
import type { Brief, ConductorTypes, Domains } from '../types.js'
import { planEventMessage } from './event-message.js'
import { prepareDefinition, type Wanted } from './prepare-definition.js'
import { withStoredInput } from './stored-input.js'

/** What a StartWorkflowRequest (conductor-api.md §4.5) becomes. */
export function planStart(request: JsonObject, id: ExecutionId, context: ConductorContext): StartPlan<ConductorTypes> {
  const schedule = planSchedule(request)
  if (schedule !== null) return schedule
  const gate = planGate(request)
  if (gate !== null) return gate
  const notice = planNotice(request)
  if (notice !== null) return notice
  const message = planEventMessage(request)
  if (message !== null) return message
  const wanted = wantedOf(request)
  if (isRefusal(wanted)) return wanted
  const problem = problemOf(request)
  if (problem !== null) return problem
  const prepared = prepareDefinition(wanted, context.answers)
  if (prepared.kind !== 'prepared') return prepared
  const { def, snapshot } = prepared
  const brief = briefOf(request, def)
  const sized = withStoredInput(request, { id, def, brief }, context)
  if (sized.kind !== 'sized') return sized
  const label = { namespace: '', name: def.name, version: String(def.version), handle: brief.correlationId ?? '', source: 'api' }
  return { kind: 'create', label, definition: snapshot, brief: sized.brief, state: { variables: def.variables } }
}

function wantedOf(request: JsonObject): Wanted | Refusal {
  const { workflowDef } = request
  const version = integerOrNull(request['version'])
  const name = request['name']
  if (workflowDef !== null && workflowDef !== undefined) {
    const inline = parseWorkflowDef(workflowDef)
    if (isRefusal(inline)) return inline
    return { name: inline.name, version: inline.version, inline: named(inline, name) }
  }
  if (typeof name !== 'string') return violation('name', 'Workflow name cannot be null or empty')
  if (name === '') return refuse('invalid', 'Workflow name must be specified when searching for a definition')
  return { name, version }
}

function named(def: WorkflowDef, name: Json | undefined): WorkflowDef {
  return def.name === '' && typeof name === 'string' ? { ...def, name } : def
}

function problemOf(request: JsonObject): Refusal | null {
  const { input } = request
  if (input === null && typeof request['externalInputPayloadStoragePath'] !== 'string') return refuse('invalid', 'NULL input passed when starting workflow')
  if (input !== undefined && input !== null && !isJsonObject(input))
    return refuse('invalid', `The input of a workflow must be an object, found ${Array.isArray(input) ? 'a list' : typeof input}`)
  const priority = integerOrNull(request['priority']) ?? 0
  if (priority < 0) return violation('priority', `priority: ${priority} should be minimum 0`)
  if (priority > 99) return violation('priority', `priority: ${priority} should be maximum 99`)
  return null
}

/** A violated constraint, as the original words it. */
function violation(field: string, message: string): Refusal {
  return refuse('invalid', 'Validation failed, check below errors for detail.', { validationErrors: [{ path: `startWorkflow.arg0.${field}`, message }] })
}

function briefOf(request: JsonObject, def: WorkflowDef): Brief {
  const given = isJsonObject(request['input']) ? request['input'] : {}
  const priority = integerOrNull(request['priority']) ?? 0
  const { correlationId, event, idempotencyKey } = request
  const taskToDomain = domainsOf(request['taskToDomain'])
  return {
    input: withTemplate(given, def.inputTemplate),
    ...(typeof correlationId === 'string' && { correlationId }),
    ...(priority > 0 && { priority }),
    ...(taskToDomain !== null && { taskToDomain }),
    ...(typeof event === 'string' && { event }),
    ...(typeof idempotencyKey === 'string' && idempotencyKey !== '' && { idempotencyKey }),
    ...classified(def),
    ...(request[testRunKey] === true && { isTest: true as const }),
  }
}

/** Most are plain workflows, and write nothing about it. */
export function classified(def: WorkflowDef): Pick<Brief, 'classifier'> {
  const classifier = classifierOf(def.metadata)
  return classifier === plainWorkflow ? {} : { classifier }
}

/** The template supplies keys that are missing or null; an input without any key is left as it is. */
function withTemplate(input: JsonObject, template: JsonObject): JsonObject {
  if (Object.keys(input).length === 0 || Object.keys(template).length === 0) return input
  const filled: Record<string, Json | undefined> = { ...input }
  for (const key of Object.keys(template)) if (filled[key] === undefined || filled[key] === null) filled[key] = template[key]
  return filled
}

function domainsOf(value: Json | undefined): Domains | null {
  if (!isJsonObject(value)) return null
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

function integerOrNull(value: Json | undefined): number | null {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) ? number : null
}
