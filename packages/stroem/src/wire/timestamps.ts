import type { Instant } from '@busbar/kernel'

/** Jobs: RFC 3339 with an offset. */
export function toRfc3339(moment: Instant): string {
  return toIsoZ(moment).replace('Z', '+00:00')
}

/** Steps and list rows: the same moment with `Z`. */
export function toIsoZ(moment: Instant): string {
  return new Date(moment).toISOString()
}
