import type { Filter } from './builtin.js'
import { date } from './date-filter.js'
import { listFilters } from './list-filters.js'
import { numberFilters } from './number-filters.js'
import { textFilters, vals } from './text-filters.js'

/** All filters, except `default` and `safe`, which the evaluator knows. */
export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([...textFilters, ...listFilters, ...numberFilters, ['date', date], ['vals', vals]])
