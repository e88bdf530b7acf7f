/** Starts another workflow and waits for its end. The child is an execution of its own; news of it arrive as messages. */
import { childIdOf, type ExecutionId, type Instant, isJsonObject, isRefusal, type Json, type JsonObject } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import type { Task } from '../decide/task.js'
import { evaluate } from '../decide/input.js'
import type { Mapping, TaskRule } from '../decide/mapping.js'
import type { Place } from '../decide/draft.js'
import { testRunKey } from '../decide/test-run.js'
import type { Turn } from '../decide/turn.js'
import { workflowDefToWire } from '../definition/to-wire.js'
import { keyedStart } from './keyed-start.js'
import { inMapOrder } from '../expression/java-map-order.js'

export const subWorkflow: TaskRule = {
  schedule(mapping, place) {
    const { task } = place.node
    const startAt = task.startDelay > 0 ? ((mapping.turn.now + task.startDelay * 1000) as Instant) : null
    mapping.add(place, {
      type: 'SUB_WORKFLOW',
      name: task.name,
      input: inputOfChildTask(mapping, place),
      how: 'engine',
      startDelay: task.startDelay,
      wakeAt: startAt,
      ...(startAt !== null && { more: { startAt } }),
    })
  },
  look(turn, task) {
    if (task.data.child !== undefined || task.data.awaits !== undefined || (task.data.startAt ?? 0) > turn.now) return
    startChild(turn, task)
  },
}

function inputOfChildTask(mapping: Mapping, { node }: Place): JsonObject {
  const params = node.task.subWorkflowParam
  const at = mapping.drafts.length
  const read = (value: Json): Json => evaluate(mapping.turn, value, at)
  const definition = params?.workflowDefinition ?? null
  return {
    subWorkflowName: read(params?.name ?? null),
    subWorkflowVersion: definition === null ? (params?.version ?? null) : null,
    subWorkflowTaskToDomain: params?.taskToDomain == null ? null : read(params.taskToDomain),
    subWorkflowDefinition: typeof definition === 'string' ? read(definition) : definition && workflowDefToWire(definition),
    priority: read(params?.priority ?? null),
    idempotencyKey: read(params?.idempotencyKey ?? null),
    idempotencyStrategy: params?.idempotencyStrategy ?? null,
    workflowInput: mapping.input(node),
  }
}

function startChild(turn: Turn, task: Task): void {
  const { view } = turn
  const request = requestOf(turn, task)
  const keyed = keyedStart(turn, task, request)
  if (keyed === null) return
  if (isRefusal(keyed)) return turn.close(task, 'failed', { reason: keyed.message })
  if (keyed?.kind === 'existing') return waitFor(turn, task, keyed.id)
  const child = keyed?.id ?? childIdOf(task.id, task.fence)
  view.send(child, { kind: 'start', dialect: 'conductor', request, parent: { execution: view.id, attempt: task.id } })
  // What ended the attempt before is not this one's reason once its child runs.
  const { startAt: _, reason: __, ...data } = task.data
  view.amend(task.ordinal, { ...data, child, output: { ...data.output, subWorkflowId: child } })
  if (task.wakeAt !== null && task.wakeAt <= turn.now) view.setWake(task.ordinal, null, turn.now)
}

/** Somebody else has started it: its end is this task's end, but it is not this task's to end. */
function waitFor(turn: Turn, task: Task, id: ExecutionId): void {
  const { view } = turn
  const command = { kind: 'awaitEnd', waiting: { execution: view.id, attempt: task.id } } satisfies ConductorCommand
  view.send(id, { kind: 'command', command })
  const { startAt: _, ...data } = task.data
  view.amend(task.ordinal, { ...data, awaits: id, output: { ...data.output, subWorkflowId: id } })
}

function requestOf(turn: Turn, task: Task): JsonObject {
  const { brief } = turn.view
  const input = task.data.input ?? {}
  const { subWorkflowName, subWorkflowVersion, subWorkflowDefinition, subWorkflowTaskToDomain, priority } = input
  const given = input['workflowInput']
  const childInput = isJsonObject(given) && Object.keys(given).length > 0 ? given : inMapOrder(input)
  const inline = isJsonObject(subWorkflowDefinition) ? subWorkflowDefinition : null
  return {
    name: subWorkflowName ?? inline?.['name'] ?? null,
    version: typeof subWorkflowVersion === 'number' && subWorkflowVersion > 0 ? subWorkflowVersion : null,
    input: inline === null ? childInput : { ...childInput, _systemMetadata: { dynamic: true } },
    correlationId: brief.correlationId ?? null,
    taskToDomain: isJsonObject(subWorkflowTaskToDomain) ? subWorkflowTaskToDomain : (brief.taskToDomain ?? {}),
    priority: numberOf(priority) ?? 0,
    ...(typeof input['idempotencyKey'] === 'string' && { idempotencyKey: input['idempotencyKey'], idempotencyStrategy: input['idempotencyStrategy'] ?? null }),
    ...(inline !== null && { workflowDef: inline }),
    ...(brief.isTest && { [testRunKey]: true }),
  }
}

function numberOf(value: Json | undefined): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) ? number : null
}
