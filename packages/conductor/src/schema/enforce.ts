/** Where schemas are asked for: on what a workflow or a task is given, and on what it gives. */
import { type JsonObject, refuse, type Refusal } from '@busbar/kernel'
import type { TaskDef, WorkflowDef } from '../definition/types.js'
import { schemaProblems } from './json-schema.js'

/** Null: valid, or nothing to be held against. A schema that only names one kept elsewhere holds nothing. */
function problemOf(schema: JsonObject | null, value: JsonObject, what: string): string | null {
  const data = schema?.['data']
  if (data === undefined || data === null || schema?.['type'] === 'AVRO' || schema?.['type'] === 'PROTOBUF') return null
  const problems = schemaProblems(data, value)
  return problems.length === 0 ? null : `The ${what} does not fit its schema: ${problems.join('; ')}`
}

/** Of a start. Kinds of schemas that nobody here can check are refused, not passed over. */
export function refusedInput(def: WorkflowDef, input: JsonObject): Refusal | null {
  if (!def.enforceSchema) return null
  for (const schema of [def.inputSchema, def.outputSchema]) {
    const type = schema?.['type']
    if (schema?.['data'] !== undefined && (type === 'AVRO' || type === 'PROTOBUF')) {
      return refuse('unsupported', `Schemas of type ${type} are not built yet; give workflow ${def.name} one of type JSON, or set enforceSchema to false`)
    }
  }
  const problem = problemOf(def.inputSchema, input, `input of workflow ${def.name}`)
  return problem === null ? null : refuse('invalid', problem)
}

export function outputProblem(def: WorkflowDef, output: JsonObject): string | null {
  return def.enforceSchema ? problemOf(def.outputSchema, output, `output of workflow ${def.name}`) : null
}

export function taskInputProblem(definition: TaskDef | null, input: JsonObject | undefined): string | null {
  return definition?.enforceSchema ? problemOf(definition.inputSchema, input ?? {}, `input of task ${definition.name}`) : null
}

export function taskOutputProblem(definition: TaskDef | null, output: JsonObject | undefined): string | null {
  return definition?.enforceSchema ? problemOf(definition.outputSchema, output ?? {}, `output of task ${definition.name}`) : null
}
