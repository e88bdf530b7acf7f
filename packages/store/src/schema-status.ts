import { Problem } from '@busbar/kernel'

/** How a database stands to the migrations that this version knows. */
export interface SchemaStatus {
  /** How many were applied. */
  readonly applied: number
  /** What is missing, `number name`, in order. */
  readonly pending: readonly string[]
}

export function statusOf(
  known: readonly { readonly number: number; readonly name: string }[],
  pending: readonly { readonly number: number; readonly name: string }[],
): SchemaStatus {
  return { applied: known.length - pending.length, pending: pending.map(({ number, name }) => `${number} ${name}`) }
}

/** Throws when something is missing, for whoever may not apply it. */
export function mustBeCurrent({ pending }: SchemaStatus, shown: string): void {
  if (pending.length === 0) return
  const count = `${pending.length} migration${pending.length === 1 ? '' : 's'}`
  throw new Problem('unavailable', `the database ${shown} lacks ${count} (${pending.join(', ')}): run busbar database upgrade, or set database.migrate to run`)
}
