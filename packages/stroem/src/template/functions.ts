import { type Arguments, booleanArgument, countArgument, integerArgument, type Surroundings, type TemplateFunction, textArgument } from './builtin.js'
import { TemplateError } from './fuel.js'
import type { Value } from './value.js'

export const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['range', range],
  ['now', now],
  ['throw', args => fail(textArgument(args, 'throw', 'message'))],
  ['get_random', random],
  ['get_env', () => fail("`get_env` is not available: the server's environment is closed to templates; use a secret or an input")],
])

function fail(message: string): never {
  throw new TemplateError(message)
}

function range(args: Arguments, { fuel }: Surroundings): Value {
  const start = countArgument(args, 'range', 'start', 0)
  const end = countArgument(args, 'range', 'end')
  const step = countArgument(args, 'range', 'step_by', 1)
  if (start > end) return fail(`\`range\`: \`start\` (${start}) must not be greater than \`end\` (${end})`)
  if (step === 0) return fail('`range`: `step_by` must be at least 1')
  const length = Math.ceil((end - start) / step)
  fuel.spend(length)
  return Array.from({ length }, (_, i) => start + i * step)
}

/** Always in UTC: what the zone of the server is says nothing about the author. */
function now(args: Arguments, { nowMs }: Surroundings): Value {
  if (nowMs === null) return fail('`now` is not available here: this template is rendered without a time')
  booleanArgument(args, 'now', 'utc')
  if (booleanArgument(args, 'now', 'timestamp')) return Math.floor(nowMs / 1000)
  return new Date(nowMs).toISOString().replace('.000Z', 'Z').replace('Z', '+00:00')
}

function random(args: Arguments, { nextChance }: Surroundings): Value {
  const start = integerArgument(args, 'get_random', 'start', 0)
  const end = integerArgument(args, 'get_random', 'end')
  if (start >= end) return fail(`\`get_random\`: \`start\` (${start}) must be less than \`end\` (${end})`)
  if (nextChance === null) return fail('`get_random` is not available here: this template must give the same text each time')
  return start + Math.floor(nextChance() * (end - start))
}
