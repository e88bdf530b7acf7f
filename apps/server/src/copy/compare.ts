import { createHash } from 'node:crypto'

export interface Comparison {
  /** How many are the same. */
  readonly records: number
  /** The first place, from 1, at which the sides differ; null: nowhere. */
  readonly differsAt: number | null
  readonly digest: string
}

type Batches = AsyncIterable<readonly unknown[]>

/** Both sides record by record, whatever the sizes of their batches. */
export async function compare(left: Batches, right: Batches, onProgress: (done: number) => void): Promise<Comparison> {
  const hash = createHash('sha256')
  const others = recordsOf(right)
  let records = 0
  try {
    for await (const batch of left) {
      for (const record of batch) {
        const text = canonical(record)
        const other = await others.next()
        if (other.done === true || canonical(other.value) !== text) return { records, differsAt: records + 1, digest: '' }
        hash.update(text).update('\n')
        records += 1
      }
      onProgress(records)
    }
    const isLonger = (await others.next()).done !== true
    return { records, differsAt: isLonger ? records + 1 : null, digest: hash.digest('hex') }
  } finally {
    await others.return?.(undefined)
  }
}

async function* recordsOf(batches: Batches): AsyncGenerator {
  for await (const batch of batches) yield* batch
}

/** JSON whose text does not depend on the order in which members were put. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (isPlainObject(member) ? sorted(member) : member))
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
