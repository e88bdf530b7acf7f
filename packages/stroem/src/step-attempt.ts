/** The tries of steps as rules see them, their names on the wire, and the job's own log. */
import type { ActivityKey, Attempt, Context, View } from '@busbar/kernel'
import type { StepData, StroemTypes } from './types.js'

export type JobView = View<StroemTypes>
export type StepAttempt = Attempt<StepData>

export const serverSource = '_server'

/** A line of the job's log that the server says. */
export function say(view: JobView, context: Context, text: string): void {
  view.note({ source: serverSource, stream: 'stderr', at: context.now, text })
}

/** The name on the wire: an item of a loop is `name[index]`. */
export function nameOf(data: StepData): string {
  return data.role === 'item' ? `${data.step}[${data.index}]` : data.step
}

export function itemKey(step: string, index: number): ActivityKey {
  return `${step}[${index}]` as ActivityKey
}
