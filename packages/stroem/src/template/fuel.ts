/** What one render may cost. Every loop of the engine spends from it, so no template runs or grows without end. */
export interface TemplateLimits {
  readonly stepsMax: number
  /** Of the answer, and of any text on the way to it. */
  readonly charactersMax: number
}

export const defaultLimits: TemplateLimits = { stepsMax: 200_000, charactersMax: 4 * 1024 * 1024 }

/** How deep expressions, blocks and values may nest. */
export const depthMax = 200

/** Why a template has no answer. Thrown inside this folder only; `render.ts` turns it into a value. */
export class TemplateError extends Error {
  override readonly name: string = 'TemplateError'
}

/** The bounds are reached: unlike other template errors, nothing in the template can catch this one. */
export class OutOfFuel extends TemplateError {
  override readonly name = 'OutOfFuel'
}

const charactersPerStep = 64

export class Fuel {
  readonly #limits: TemplateLimits
  #stepsLeft: number

  constructor(limits: TemplateLimits) {
    this.#limits = limits
    this.#stepsLeft = limits.stepsMax
  }

  spend(steps: number): void {
    this.#stepsLeft -= steps
    if (this.#stepsLeft < 0) throw new OutOfFuel(`template took too long: more than ${this.#limits.stepsMax} steps`)
  }

  /** Before a text of this length is made or walked through. */
  text(length: number): void {
    this.bound(length)
    this.spend(1 + Math.floor(length / charactersPerStep))
  }

  bound(length: number): void {
    if (length > this.#limits.charactersMax) throw new OutOfFuel(`template too large: a text of more than ${this.#limits.charactersMax} characters`)
  }
}

export function checkDepth(depth: number, what: string): void {
  if (depth > depthMax) throw new OutOfFuel(`template too large: ${what} nested more than ${depthMax} deep`)
}
