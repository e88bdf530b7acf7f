/** The order in which a map of Java's shows its keys: what the original makes itself, not from JSON, appears in it. */
import type { Json, JsonObject } from '@busbar/kernel'

const leastBuckets = 16
const fullAt = 0.75

export function inMapOrder(object: JsonObject): JsonObject {
  const keys = Object.keys(object)
  let buckets = leastBuckets
  while (keys.length > buckets * fullAt) buckets *= 2
  const sorted = keys.map(key => ({ key, bucket: spreadHash(key) & (buckets - 1) })).sort((a, b) => a.bucket - b.bucket)
  const ordered: Record<string, Json | undefined> = {}
  for (const { key } of sorted) ordered[key] = object[key]
  return ordered
}

function spreadHash(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash ^ (hash >>> 16)
}
