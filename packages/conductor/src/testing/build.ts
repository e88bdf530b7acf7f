/** Builders of definitions that state only what matters. */
import type { Json, JsonObject } from '@busbar/kernel'

type More = JsonObject

export function workflow(name: string, tasks: readonly JsonObject[], more: More = {}): JsonObject {
  return { name, version: 1, schemaVersion: 2, tasks, ...more }
}

export function task(ref: string, type: string, more: More = {}): JsonObject {
  return { name: ref, taskReferenceName: ref, type, ...more }
}

export const simple = (ref: string, inputParameters: JsonObject = {}, more: More = {}) => task(ref, 'SIMPLE', { inputParameters, ...more })
export const setVariable = (ref: string, inputParameters: JsonObject) => task(ref, 'SET_VARIABLE', { inputParameters })
export const inline = (ref: string, expression: string, inputParameters: JsonObject = {}) =>
  task(ref, 'INLINE', { inputParameters: { evaluatorType: 'javascript', expression, ...inputParameters } })
export const fork = (ref: string, ...branches: readonly (readonly JsonObject[])[]) => task(ref, 'FORK_JOIN', { forkTasks: branches })
export const join = (ref: string, ...joinOn: readonly string[]) => task(ref, 'JOIN', { joinOn })
export const loop = (ref: string, loopCondition: string, body: readonly JsonObject[], more: More = {}) =>
  task(ref, 'DO_WHILE', { loopCondition, loopOver: body, ...more })
export const sub = (ref: string, name: Json, inputParameters: JsonObject = {}, more: More = {}) =>
  task(ref, 'SUB_WORKFLOW', { inputParameters, subWorkflowParam: { name, version: 1 }, ...more })
export const choice = (ref: string, value: Json, cases: { readonly [value: string]: readonly JsonObject[] }, defaultCase: readonly JsonObject[] = []) =>
  task(ref, 'SWITCH', { inputParameters: { value }, evaluatorType: 'value-param', expression: 'value', decisionCases: cases, defaultCase })
export const taskDef = (name: string, more: More = {}): JsonObject => ({ name, retryCount: 0, retryDelaySeconds: 0, ...more })
