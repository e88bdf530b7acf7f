export interface DefinitionProblem {
  readonly severity: 'error' | 'warning'
  /** Where: `tasks.build.flow.test`; empty: the workspace as a whole. */
  readonly at: string
  readonly message: string
}

/** Collects what is wrong at one place and at the places inside it. */
export class Problems {
  readonly #at: string
  readonly #found: DefinitionProblem[]

  constructor(at = '', found: DefinitionProblem[] = []) {
    this.#at = at
    this.#found = found
  }

  inside(name: string): Problems {
    return new Problems(this.#at === '' ? name : `${this.#at}.${name}`, this.#found)
  }

  error(message: string): void {
    this.#found.push({ severity: 'error', at: this.#at, message })
  }

  warn(message: string): void {
    this.#found.push({ severity: 'warning', at: this.#at, message })
  }

  get found(): readonly DefinitionProblem[] {
    return this.#found
  }
}
