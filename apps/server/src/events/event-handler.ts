/** An event handler as clients write it (conductor-api.md §4.10). */
import type { Violation } from '@busbar/conductor'
import { isJsonObject, type Json, type JsonObject, Problem } from '@busbar/kernel'

const actionKinds = ['start_workflow', 'complete_task', 'fail_task', 'terminate_workflow', 'update_workflow_variables', 'start_agent'] as const

type ActionKind = (typeof actionKinds)[number]

export interface EventAction {
  readonly kind: ActionKind
  /** What stands under the kind's own key. */
  readonly detail: JsonObject
  readonly expandInlineJson: boolean
}

export interface EventHandler {
  readonly name: string
  readonly event: string
  readonly condition: string | null
  readonly evaluatorType: string | null
  readonly actions: readonly EventAction[]
  readonly isActive: boolean
}

const actionsMax = 100

/** Every violation in one list; throws a Problem where the JSON has another form altogether. */
export function violationsOf(source: JsonObject, path: string): readonly Violation[] {
  const missing = (field: 'name' | 'event', message: string): Violation[] => {
    const value = source[field]
    if (value !== undefined && value !== null && value !== '') return []
    return [{ path: `${path}.${field}`, message, ...(value === '' && { invalidValue: '' }) }]
  }
  const { actions } = source
  const none = { path: `${path}.actions`, message: 'No actions specified. Please specify at-least one action' }
  const isFilled = Array.isArray(actions) && actions.length > 0
  return [...missing('name', 'Missing event handler name'), ...missing('event', 'Missing event location'), ...(isFilled ? [] : [none])]
}

export function parseEventHandler(source: JsonObject): EventHandler {
  const { name, event, condition, evaluatorType, active, actions } = source
  if (typeof name !== 'string' || typeof event !== 'string') throw new Problem('invalid', 'expected texts as name and event of an event handler')
  const list: readonly Json[] = Array.isArray(actions) ? actions : []
  if (list.length > actionsMax) throw new Problem('invalid', `expected at most ${actionsMax} actions, found ${list.length}`)
  return {
    name,
    event,
    condition: typeof condition === 'string' ? condition : null,
    evaluatorType: typeof evaluatorType === 'string' ? evaluatorType : null,
    actions: list.map(parseAction),
    isActive: active === true,
  }
}

function parseAction(source: Json): EventAction {
  if (!isJsonObject(source)) throw new Problem('invalid', 'expected an object as action of an event handler')
  const kind = actionKinds.find(one => one === source['action'])
  if (kind === undefined) throw new Problem('invalid', `expected one of the actions ${actionKinds.join(', ')}, found ${JSON.stringify(source['action'])}`)
  const detail = source[kind]
  return { kind, detail: isJsonObject(detail) ? detail : {}, expandInlineJson: source['expandInlineJSON'] === true }
}

/** What the detail of an action holds when nothing is said. */
const defaults: Partial<Record<ActionKind, JsonObject>> = { start_workflow: { input: {} }, complete_task: { output: {} }, fail_task: { output: {} } }

export function eventHandlerToWire({ name, event, condition, evaluatorType, actions, isActive }: EventHandler): JsonObject {
  return {
    name,
    event,
    ...(condition !== null && { condition }),
    actions: actions.map(({ kind, detail, expandInlineJson }) => ({
      action: kind,
      [kind]: { ...defaults[kind], ...detail },
      expandInlineJSON: expandInlineJson,
    })),
    active: isActive,
    ...(evaluatorType !== null && { evaluatorType }),
  }
}
