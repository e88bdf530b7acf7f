/** Which variables a template sees: loops inside, assignments of the template around them, the context behind all. */
import type { Json, JsonObject } from '@busbar/kernel'
import type { Value } from './value.js'

/** What a template sees: a plain object, or anything that finds values by name (looked at only when the template asks). */
export type TemplateContext = JsonObject | VariableSource

export interface VariableSource {
  get(name: string): Json | undefined
  names(): Iterable<string>
}

interface Loop {
  readonly key: string | null
  readonly item: string
  readonly length: number
  index: number
  currentKey: string
  current: Value
}

interface Frame {
  readonly variables: Map<string, Value>
  readonly loop: Loop | null
}

export class Scope {
  readonly #context: TemplateContext
  readonly #outermost: Frame = { variables: new Map(), loop: null }
  readonly #frames: Frame[] = [this.#outermost]

  constructor(context: TemplateContext) {
    this.#context = context
  }

  find(name: string): Value | undefined {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const { variables, loop } = this.#frames[i] as Frame
      const found = variables.get(name) ?? (variables.has(name) ? null : loopVariable(loop, name))
      if (found !== undefined) return found
    }
    return fromContext(this.#context, name) as Value | undefined
  }

  /** Inside a loop an assignment lasts for the turn; a global one outlives the loop. */
  assign(name: string, value: Value, global: boolean): void {
    const frame = global ? this.#outermost : this.#frames.at(-1)
    frame?.variables.set(name, value)
  }

  enterLoop(key: string | null, item: string, length: number): void {
    this.#frames.push({ variables: new Map(), loop: { key, item, length, index: -1, currentKey: '', current: null } })
  }

  nextTurn(key: string, value: Value): void {
    const frame = this.#frames.at(-1)
    if (!frame?.loop) return
    frame.variables.clear()
    frame.loop.index += 1
    frame.loop.currentKey = key
    frame.loop.current = value
  }

  leaveLoop(): void {
    this.#frames.pop()
  }
}

function loopVariable(loop: Loop | null, name: string): Value | undefined {
  if (loop === null) return undefined
  if (name === loop.item) return loop.current
  if (name === loop.key) return loop.currentKey
  if (name !== 'loop') return undefined
  return { index: loop.index + 1, index0: loop.index, first: loop.index === 0, last: loop.index === loop.length - 1 }
}

export function isSource(context: TemplateContext): context is VariableSource {
  return typeof context.get === 'function'
}

export function fromContext(context: TemplateContext, name: string): Json | undefined {
  if (isSource(context)) return context.get(name)
  return Object.hasOwn(context, name) ? context[name] : undefined
}
