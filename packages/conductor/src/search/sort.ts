import type { SearchOrder } from '@busbar/kernel'
import { searchLimits } from './query.js'

/** `field:ASC|DESC`, separated by bars. What is unknown or has no direction is passed over, as in the original. */
export function ordersOf(sort: string, sortable: Readonly<Record<string, Omit<SearchOrder, 'descending'>>>): readonly SearchOrder[] {
  const orders: SearchOrder[] = []
  for (const item of sort.split('|')) {
    const [, name = '', direction] = /^\s*(\w+)\s*:\s*(ASC|DESC)\s*$/i.exec(item) ?? []
    const order = Object.hasOwn(sortable, name) ? sortable[name] : undefined
    if (order !== undefined && orders.length < searchLimits.sortFieldsMax) orders.push({ ...order, descending: direction?.toUpperCase() === 'DESC' })
  }
  return orders
}
