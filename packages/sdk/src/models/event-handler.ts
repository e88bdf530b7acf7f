import type { ActionActionEnum } from './enums.js'
import { type JsonMap, model } from './model.js'
import type { TaskDetails } from './task.js'
import type { StartWorkflow } from './workflow.js'

/** Programs use the camel-case names, the wire the others. Both are understood. */
export type Action = {
  action?: ActionActionEnum
  startWorkflow?: StartWorkflow
  completeTask?: TaskDetails
  failTask?: TaskDetails
  expandInlineJSON?: boolean
}

export const Action = model<Action>('Action', {
  action: 'ActionActionEnum',
  startWorkflow: 'StartWorkflow start_workflow',
  completeTask: 'TaskDetails complete_task',
  failTask: 'TaskDetails fail_task',
  expandInlineJSON: 'boolean',
})

export type EventHandler = {
  name: string
  event: string
  condition?: string
  actions: Action[]
  active?: boolean
  evaluatorType?: string
}

export const EventHandler = model<EventHandler>('EventHandler', {
  name: 'string',
  event: 'string',
  condition: 'string',
  actions: 'Action[]',
  active: 'boolean',
  evaluatorType: 'string',
})

const differing = Action.attributeTypeMap.filter(({ name, baseName }) => name !== baseName)

export function eventHandlerToWire(handler: EventHandler): JsonMap {
  return { ...handler, actions: handler.actions?.map(action => renamed(action, 'name', 'baseName')) }
}

export function eventHandlerFromWire(handler: EventHandler): EventHandler {
  return { ...handler, actions: (handler.actions ?? []).map(action => renamed(action, 'baseName', 'name')) }
}

function renamed(action: JsonMap, from: 'name' | 'baseName', to: 'name' | 'baseName'): JsonMap {
  const result = { ...action }
  for (const attribute of differing) {
    if (result[attribute[from]] === undefined) continue
    result[attribute[to]] = result[attribute[from]]
    delete result[attribute[from]]
  }
  return result
}
