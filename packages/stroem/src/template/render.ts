import type { Instant, Json, JsonObject } from '@busbar/kernel'

/** What a template sees: a plain object, or anything that finds values by name (looked at only when the template asks). */
export type TemplateContext = JsonObject | VariableSource

export interface VariableSource {
  get(name: string): Json | undefined
  names(): Iterable<string>
}

export interface TemplateLimits {
  readonly stepsMax: number
  readonly charactersMax: number
}

export interface RenderOptions {
  /** What `now()` answers; without it `now()` is an error. */
  readonly now?: Instant
  /** A number in [0, 1) for `get_random`; without it `get_random` is an error. */
  readonly chance?: number
  readonly limits?: Partial<TemplateLimits>
}

export type Rendered = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string }
export type RenderedValue = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string }

export function renderText(template: string, _context: TemplateContext, _options: RenderOptions = {}): Rendered {
  return { ok: true, text: template }
}

export function renderInputValue(text: string, _context: TemplateContext, _options: RenderOptions = {}): RenderedValue {
  return { ok: true, value: text }
}
