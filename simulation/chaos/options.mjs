import { parseArgs } from 'node:util'

const usage = 'usage: npm run chaos -- [--rounds N] [--seed S] [--store sqlite] [--keep]'

/** `--rounds N --seed S`; exits with one sentence when they make no sense. */
export function readOptions(args) {
  let values
  try {
    values = parseArgs({
      args,
      options: { rounds: { type: 'string' }, seed: { type: 'string' }, store: { type: 'string' }, keep: { type: 'boolean' } },
    }).values
  } catch (error) {
    fail(error.message)
  }
  const { store = 'sqlite', keep = false } = values
  if (store !== 'sqlite') fail(`--store must be sqlite, found '${store}': other stores are not built yet`)
  return {
    rounds: whole('--rounds', values.rounds ?? '50', 1, 100_000),
    seed: whole('--seed', values.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 31 - 1),
    keep,
  }
}

function whole(name, text, least, most) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) fail(`${name} must be a whole number from ${least} to ${most}, found '${text}'`)
  return value
}

function fail(message) {
  console.error(`${message}\n${usage}`)
  process.exit(2)
}
