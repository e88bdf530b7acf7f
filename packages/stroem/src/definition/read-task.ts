import type { Json } from '@busbar/kernel'
import { type ReadAction, readAction } from './read-action.js'
import { readDuration, readHooks, readInputField, readRetry, readTexts } from './read-fields.js'
import { BadField, dictionaryOf, type Reader } from './reader.js'
import type { Dictionary, InputField, Step, TaskDef } from './types.js'

export interface ReadTask {
  readonly task: TaskDef
  /** The actions that its steps bring along, by the names the steps know them by. */
  readonly inline: readonly (readonly [name: string, action: ReadAction])[]
  readonly warnings: readonly string[]
}

function inlineName(task: string, step: string): string {
  return `_inline:${task}:${step}`
}

export function readTask(reader: Reader, id: string): ReadTask {
  const inline: [string, ReadAction][] = []
  const warnings: string[] = []
  if (reader.field('flow').isAbsent) reader.field('flow').fail('a map of steps')
  const flow = reader.field('flow').dictionary((step, name) => {
    if (!isInline(step)) return readReferenceStep(step)
    const action = inlineName(id, name)
    const { input, schema } = splitInput(step.field('input'))
    inline.push([action, readInlineAction(step, schema)])
    return readInlineStep(step, action, input, warnings)
  })
  const task: TaskDef = {
    name: reader.field('name').optionalText(),
    description: reader.field('description').optionalText(),
    mode: reader.field('mode').optionalText() ?? 'distributed',
    folder: reader.field('folder').optionalText(),
    input: reader.field('input').dictionary(readInputField),
    flow,
    timeoutSecs: readDuration(reader.field('timeout')),
    retry: readRetry(reader.field('retry')),
    hooks: readHooks(reader),
  }
  return { task, inline, warnings }
}

function isInline(step: Reader): boolean {
  const [hasAction, hasType] = [step.has('action'), step.has('type')]
  if (hasAction && hasType) throw new BadField(`${step.place()}: a step has either \`action\` (a reference) or \`type\` (an inline action), not both`)
  if (!hasAction && !hasType) throw new BadField(`${step.place()}: a step needs \`action\` (a reference) or \`type\` (an inline action)`)
  return hasType
}

// ── Steps ──

function readReferenceStep(step: Reader): Step {
  return {
    action: step.field('action').text(),
    name: step.field('name').optionalText(),
    description: step.field('description').optionalText(),
    dependsOn: readTexts(step.field('depends_on')),
    input: step.field('input').jsonObject(),
    continueOnFailure: step.field('continue_on_failure').boolean(false),
    timeoutSecs: readDuration(step.field('timeout')),
    when: readWhen(step.field('when')),
    forEach: step.field('for_each').json(),
    sequential: step.field('sequential').boolean(false),
    retry: readRetry(step.field('retry')),
  }
}

/** In an inline step a field of a wrong shape is left out, with a warning; the original leaves it out without a word. */
function readInlineStep(step: Reader, action: string, input: Dictionary<Json>, warnings: string[]): Step {
  const tolerate = <T>(name: string, otherwise: T, read: (field: Reader) => T): T => {
    try {
      return read(step.field(name))
    } catch (error) {
      if (!(error instanceof BadField)) throw error
      warnings.push(`${error.message}; the field is ignored`)
      return otherwise
    }
  }
  return {
    action,
    name: tolerate('name', null, field => field.optionalText()),
    description: tolerate('description', null, field => field.optionalText()),
    dependsOn: tolerate('depends_on', [], field => (typeof field.value === 'string' ? [field.value] : readTexts(field))),
    input,
    continueOnFailure: tolerate('continue_on_failure', false, field => field.boolean(false)),
    timeoutSecs: tolerate('timeout', null, readDuration),
    when: tolerate('when', null, readWhen),
    forEach: tolerate<Json>('for_each', null, field => field.json()),
    sequential: tolerate('sequential', false, field => field.boolean(false)),
    retry: tolerate('retry', null, readRetry),
  }
}

/** `when: false` without quotes means what it says. */
function readWhen(reader: Reader): string | null {
  return typeof reader.value === 'boolean' || typeof reader.value === 'number' ? String(reader.value) : reader.optionalText()
}

// ── Inline actions ──

const stepFields: ReadonlySet<string> = new Set([
  'name',
  'description',
  'depends_on',
  'input',
  'continue_on_failure',
  'timeout',
  'when',
  'for_each',
  'sequential',
  'retry',
])

/** What is not the step's belongs to its action. */
function readInlineAction(step: Reader, input: Dictionary<InputField>): ReadAction {
  const read = readAction(step.without(stepFields))
  return 'problem' in read ? read : { action: { ...read.action, input } }
}

/** Entries that are field definitions form the action's schema; the others are values. */
function splitInput(reader: Reader): { readonly input: Dictionary<Json>; readonly schema: Dictionary<InputField> } {
  const input: [string, Json][] = []
  const schema: [string, InputField][] = []
  for (const [name, entry] of isMap(reader) ? reader.entries() : []) {
    const field = inputFieldOf(entry)
    if (field === null) input.push([name, entry.json()])
    else schema.push([name, field])
  }
  return { input: dictionaryOf(input), schema: dictionaryOf(schema) }
}

function inputFieldOf(reader: Reader): InputField | null {
  if (!isMap(reader)) return null
  try {
    return readInputField(reader)
  } catch (error) {
    if (error instanceof BadField) return null
    throw error
  }
}

function isMap({ value }: Reader): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
