import type { RecordKind, Records, Transfer } from '@busbar/store'

/** What a batch should weigh, in characters of JSON: some records are a line, some are megabytes. */
const weightWanted = 2_000_000
const sizeFirst = 50
const sizeMax = 2_000

/** All records of a kind, in batches whose size follows the weight of those before. */
export async function* pagesOf<Kind extends RecordKind>(transfer: Transfer, kind: Kind): AsyncGenerator<readonly Records[Kind][]> {
  let size = sizeFirst
  let after: string | null = null
  do {
    const { records, next }: Awaited<ReturnType<typeof transfer.read<Kind>>> = await transfer.read(kind, after, size)
    if (records.length > 0) yield records
    size = sizeAfter(records, size)
    after = next
  } while (after !== null)
}

/** Grows slowly: what follows light records may be heavy. */
function sizeAfter(records: readonly unknown[], size: number): number {
  let weight = 1
  for (const record of records) weight += JSON.stringify(record).length
  const fitting = Math.floor((weightWanted / weight) * Math.max(1, records.length))
  return Math.max(1, Math.min(fitting, size * 2, sizeMax))
}
