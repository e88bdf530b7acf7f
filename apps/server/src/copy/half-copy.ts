/** A mark in a store that a copy was begun into: nobody serves from it before the copy is whole and verified. */
import { Problem } from '@busbar/kernel'
import type { Facts } from '@busbar/store'

const name = 'half copy of'

export async function refuseHalfCopy(facts: Facts): Promise<void> {
  const source = await facts.read(name)
  if (source !== null)
    throw new Problem(
      'unavailable',
      `the database holds an unfinished copy of ${source}: run the same busbar migrate again to finish it, or make the database anew`,
    )
}

/** Of which store there is half a copy, or null. */
export function halfCopyOf(facts: Facts): Promise<string | null> {
  return facts.read(name)
}

/** Returns of which store the copy is: another one where that was begun first. */
export function beginCopy(facts: Facts, source: string): Promise<string> {
  return facts.agree(name, source)
}

export function endCopy(facts: Facts): Promise<void> {
  return facts.forget(name)
}
