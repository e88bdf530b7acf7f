import type { RecordKind, Records, Transfer } from '@busbar/store'

/** What a batch should weigh, in characters of JSON: some records are a line, some are megabytes. */
const weightWanted = 2_000_000
const sizeFirst = 10
const sizeMax = 200

/** All records of a kind, in batches whose size follows the weight of those before. */
export async function* pagesOf<Kind extends RecordKind>(transfer: Transfer, kind: Kind): AsyncGenerator<readonly Records[Kind][]> {
  let size = sizeFirst
  let after: string | null = null
  do {
    const { records, next }: Awaited<ReturnType<typeof transfer.read<Kind>>> = await transfer.read(kind, after, size)
    yield* slices(records)
    size = sizeAfter(records, size)
    after = next
  } while (after !== null)
}

/** No heavier than wanted, as long as they hold more than one: what is written is one statement. */
function* slices<Record>(records: readonly Record[]): Generator<readonly Record[]> {
  let from = 0
  let weight = 0
  for (const [index, record] of records.entries()) {
    weight += JSON.stringify(record).length
    if (weight > weightWanted && index > from) {
      yield records.slice(from, index)
      from = index
      weight = 0
    }
  }
  if (from < records.length) yield records.slice(from)
}

/** Grows slowly: what follows light records may be heavy. */
function sizeAfter(records: readonly unknown[], size: number): number {
  let weight = 1
  for (const record of records) weight += JSON.stringify(record).length
  const fitting = Math.floor((weightWanted / weight) * Math.max(1, records.length))
  return Math.max(1, Math.min(fitting, size * 2, sizeMax))
}
