/** `for_each`: the placeholder stays open until its items have ended; its output is the list of theirs. */
import { type Context, type Json, outcomeOf } from '@busbar/kernel'
import type { PlannedStep } from './plan.js'
import { isBroken, type LoopProgress, Progress } from './progress.js'
import { renderFor } from './render.js'
import { itemKey, type JobView, type StepAttempt } from './step-attempt.js'
import { close, failAtOnce, failureOf, markStarted, openStep, skipStep } from './steps.js'
import { type Items, loopItemsMax, parseItems } from './template/outcomes.js'
import type { TemplateContext } from './template/render.js'

export function expandLoop(view: JobView, planned: PlannedStep, variables: TemplateContext, context: Context): void {
  const found = itemsOf(planned.step.forEach, variables, context)
  if (!found.ok) return failAtOnce(view, planned, { role: 'step', step: planned.name }, `for_each expression error: ${found.message}`, context)
  const { items } = found
  if (items.length === 0) return skipStep(view, planned, context)
  const { ordinal } = view.open({ key: planned.key, number: 0, queue: null, data: { role: 'loop', step: planned.name, items } }, context.now)
  markStarted(view, null, context)
  const loop: LoopProgress = { ordinal, total: items.length, open: 0, next: 0, failed: [] }
  Progress.of(view).loops.set(planned.position, loop)
  const first = planned.step.sequential ? 1 : items.length
  while (loop.next < first) openItem(view, planned, loop, context)
}

function itemsOf(forEach: Json, variables: TemplateContext, context: Context): Items {
  if (Array.isArray(forEach)) {
    if (forEach.length > loopItemsMax) return { ok: false, message: `for_each has ${forEach.length} items; at most ${loopItemsMax} are allowed` }
    return { ok: true, items: forEach }
  }
  if (typeof forEach !== 'string') return { ok: false, message: 'for_each must be a template or an array' }
  const rendered = renderFor(context, forEach, variables)
  return rendered.ok ? parseItems(rendered.text) : rendered
}

function openItem(view: JobView, planned: PlannedStep, loop: LoopProgress, context: Context): void {
  const index = loop.next
  loop.next += 1
  loop.open += 1
  openStep(view, planned, { role: 'item', step: planned.name, index }, context)
}

export function itemEnded(view: JobView, planned: PlannedStep, item: StepAttempt, context: Context): void {
  const loop = Progress.of(view).loops.get(planned.position)
  const outcome = outcomeOf(item)
  if (loop === undefined || outcome === null || item.data.role !== 'item') return
  loop.open -= 1
  if (isBroken(outcome) && !planned.step.continueOnFailure) {
    loop.failed.push(item.data.index)
    // The items after it in a sequential loop are skipped: they never get an attempt.
    loop.next = loop.total
  }
  if (loop.open > 0) return
  if (loop.next < loop.total) openItem(view, planned, loop, context)
  else endLoop(view, planned, loop, context)
}

function endLoop(view: JobView, planned: PlannedStep, loop: LoopProgress, context: Context): void {
  const placeholder = view.attempt(loop.ordinal)
  if (placeholder === undefined) return
  Progress.of(view).loops.delete(planned.position)
  if (loop.failed.length > 0) {
    const error = `for_each loop failed: instances [${loop.failed.sort((a, b) => a - b).join(', ')}] failed`
    return close(view, placeholder, failureOf(planned), { ...placeholder.data, error }, context)
  }
  const output = Array.from({ length: loop.total }, (_, index) => view.newest(itemKey(planned.name, index))?.data.output ?? null)
  close(view, placeholder, 'completed', { ...placeholder.data, output }, context)
}
