/** What the workers of a run do: a pure function of the seed, so that a model knows it without asking them. */
import { Random } from './random.js'

/** Which try of which activity: the path of its execution, its key there, and the number of the try from 0. */
export interface Try {
  readonly path: string
  readonly key: string
  readonly number: number
}

export interface Report {
  readonly outcome: 'completed' | 'failed' | 'failedFinally'
  /** A small number, so that conditions on it have something to decide. */
  readonly value: number
}

/** `lost`: the worker says nothing while its lease holds. */
export type Reaction = Report | { readonly outcome: 'lost' }

/** The worker has work in hand and goes on with it. */
export interface Progress {
  readonly outcome: 'inProgress'
  /** It, or another, is to look again so much later; null: it keeps the work and wants its lease to last. */
  readonly againAfterSeconds: number | null
}

/** What it leaves behind until the last word. */
export const progressOutput = { percent: 50 }

export type Behaviour = (one: Try) => Reaction

/** The path of the execution that a try starts. The path of what nobody started is empty. */
export function childPath({ path, key, number }: Try): string {
  return `${path}/${key}#${number}`
}

export function behaviourOf(seed: number, run: number): Behaviour {
  return ({ path, key, number }) => {
    const random = new Random(seed, run, 'behaviour', path, key, number)
    const draw = random.next()
    const value = random.below(3)
    if (draw < 0.8) return { outcome: 'completed', value }
    if (draw < 0.91) return { outcome: 'failed', value }
    if (draw < 0.94) return { outcome: 'failedFinally', value }
    return { outcome: 'lost' }
  }
}
