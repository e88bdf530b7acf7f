/** Moments are told with six digits after the second, as clients of the original know them. */

/** Jobs: RFC 3339 with an offset. */
export function toRfc3339(epochMs: number): string {
  return toIsoZ(epochMs).replace('Z', '+00:00')
}

/** Steps and list rows: the same moment with `Z`. */
export function toIsoZ(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z')
}
