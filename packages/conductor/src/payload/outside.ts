/**
 * Payloads above a size are kept outside the rows of an execution (conductor-semantics.md §13.5): where such a value would
 * stand is its path, and whoever needs the value itself asks for it.
 *
 * P1. What is evaluated while a payload is missing is worth nothing: no other question is asked, and nothing follows from it.
 * P2. A payload belongs to the executions that refer to it, and goes with the last of them.
 */
import { type Answer, type Ask, type Context, type ExecutionId, isJsonObject, type JsonObject } from '@busbar/kernel'
import type { PayloadSettings } from '../settings.js'
import { jsonSize } from './json-size.js'

/** A value, or where it is kept. */
export type Stored = { readonly kind: 'here'; readonly value: JsonObject } | { readonly kind: 'outside'; readonly path: string }

export type ToStore = Stored | { readonly kind: 'asked' } | { readonly kind: 'tooLarge'; readonly size: number; readonly max: number }

/** Null: the question has been asked, the answer is not there yet. */
export type Questioner = (ask: Ask) => Answer | null

export type ReadPayload = (path: string) => JsonObject

export const nothingRead: ReadPayload = () => ({})

export interface SizeLimits {
  readonly outsideAbove: number
  readonly max: number
}

export function workflowLimits(settings: PayloadSettings): SizeLimits {
  return { outsideAbove: settings.workflowKeptOutsideAbove, max: settings.workflowMax }
}

export function taskLimits(settings: PayloadSettings): SizeLimits {
  return { outsideAbove: settings.taskKeptOutsideAbove, max: settings.taskMax }
}

/** `name` tells the payloads of one decision apart. */
export interface ToKeep {
  readonly execution: ExecutionId
  readonly name: string
  readonly value: JsonObject
}

/** Where a value is to be kept by its size. */
export function store({ execution, name, value }: ToKeep, { outsideAbove, max }: SizeLimits, ask: Questioner): ToStore {
  // The exact size is told up to four times what is allowed.
  const size = jsonSize(value, outsideAbove) <= outsideAbove ? 0 : jsonSize(value, max * 4)
  if (size <= outsideAbove) return { kind: 'here', value }
  if (size > max) return { kind: 'tooLarge', size, max }
  const answer = ask({ key: `keep:${name}`, kind: 'keepPayload', execution, value })
  if (answer === null) return { kind: 'asked' }
  return answer.ok && typeof answer.value === 'string' ? { kind: 'outside', path: answer.value } : { kind: 'here', value }
}

/** Undefined: asked; null: there is none of that name. */
export function load(path: string, ask: Questioner): JsonObject | null | undefined {
  const answer = ask({ key: `payload:${path}`, kind: 'payload', path })
  if (answer === null) return undefined
  return answer.ok && isJsonObject(answer.value) ? answer.value : null
}

/** Undefined: asked; null: there is none of that name. */
export function use(path: string, execution: ExecutionId, ask: Questioner): number | null | undefined {
  const answer = ask({ key: `use:${path}`, kind: 'usePayload', execution, path })
  if (answer === null) return undefined
  return answer.ok && typeof answer.value === 'number' ? answer.value : null
}

/** For verbs, which are called again with the answers. */
export class Questions {
  readonly asks: Ask[] = []
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  readonly ask: Questioner = ask => {
    const answer = this.#context.answers.get(ask.key)
    if (answer === undefined && !this.asks.some(one => one.key === ask.key)) this.asks.push(ask)
    return answer ?? null
  }

  readonly read: ReadPayload = path => load(path, this.ask) ?? {}
}

/** As the original words it. */
export function tooLargeForWorkflow(id: string, { size, max }: { readonly size: number; readonly max: number }): string {
  return `The payload size: ${size} of workflow: ${id} is greater than the permissible limit: ${max} bytes`
}

export function tooLargeForTask(task: string, workflow: string, { size, max }: { readonly size: number; readonly max: number }): string {
  return `The payload size: ${size} of task: ${task} in workflow: ${workflow}  is greater than the permissible limit: ${max} bytes`
}

export function isMissing(path: string): string {
  return `The payload ${path} is missing: it was removed, or never uploaded`
}

/** A document whose fields are made when they are looked at. */
export function readLater(document: JsonObject, fields: Readonly<Record<string, () => JsonObject>>): JsonObject {
  for (const [field, get] of Object.entries(fields)) Object.defineProperty(document, field, { enumerable: true, configurable: true, get })
  return document
}
