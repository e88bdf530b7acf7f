/** The input of a start, sized before the execution begins: a large one stands outside, one that is too large is refused. */
import { type Ask, type ExecutionId, type JsonObject, refuse, type Refusal } from '@busbar/kernel'
import type { WorkflowDef } from '../definition/types.js'
import { isMissing, load, Questions, store, tooLargeForWorkflow, use, workflowLimits } from '../payload/outside.js'
import { refusedInput } from '../schema/enforce.js'
import { type ConductorContext, settingsOf } from '../settings.js'
import type { Brief } from '../types.js'

type Sized = { readonly kind: 'sized'; readonly brief: Brief } | { readonly kind: 'ask'; readonly asks: readonly Ask[] } | Refusal

interface Beginning {
  readonly id: ExecutionId
  readonly def: WorkflowDef
  readonly brief: Brief
}

export function withStoredInput(request: JsonObject, beginning: Beginning, context: ConductorContext): Sized {
  const path = request['externalInputPayloadStoragePath']
  const questions = new Questions(context)
  const sized = typeof path === 'string' && path !== '' ? referring(path, beginning, questions) : here(beginning, context, questions)
  return questions.asks.length > 0 ? { kind: 'ask', asks: questions.asks } : sized
}

function here({ id, def, brief }: Beginning, context: ConductorContext, { ask }: Questions): Sized {
  const unfit = refusedInput(def, brief.input)
  if (unfit !== null) return unfit
  const stored = store({ execution: id, name: `${id}:input`, value: brief.input }, workflowLimits(settingsOf(context).payloads), ask)
  switch (stored.kind) {
    case 'tooLarge':
      return refuse('invalid', tooLargeForWorkflow(id, stored))
    case 'outside':
      return { kind: 'sized', brief: { ...brief, input: {}, inputPath: stored.path } }
    case 'here':
    case 'asked':
      return { kind: 'sized', brief }
  }
}

/** It was uploaded before. The template of the definition adds nothing to it, as to any input without keys. */
function referring(path: string, { id, def, brief }: Beginning, { ask }: Questions): Sized {
  if (use(path, id, ask) === null) return refuse('missing', isMissing(path))
  if (def.enforceSchema && def.inputSchema !== null) {
    const unfit = refusedInput(def, load(path, ask) ?? {})
    if (unfit !== null) return unfit
  }
  return { kind: 'sized', brief: { ...brief, input: {}, inputPath: path } }
}
