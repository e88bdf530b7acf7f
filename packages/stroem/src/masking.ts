import { type Context, isJsonObject, type Json, type View } from '@busbar/kernel'
import { hiddenIn } from './connections.js'
import type { StroemTypes } from './types.js'

export const mask = '••••••'
/** Shorter secrets would blot out half of every text. */
const charactersMin = 4
const referencePrefix = 'ref+'

/** Hides secret texts wherever they stand, and every text that is a reference to a secret. */
export type Masking = <T extends Json>(value: T) => T

/** Where a rule or a reader looks up what must stay hidden. */
export type World = Pick<Context, 'secrets' | 'connections'>

/** Hides what is secret in the job's workspace, and in those whose actions it uses. */
export function maskingFor({ brief, plan }: View<StroemTypes>, { secrets, connections }: World): Masking {
  const workspaces = new Set([brief.workspace])
  for (const { workspace } of Object.values(plan.snapshot.owners ?? {})) workspaces.add(workspace)
  return maskingOf([...workspaces].map(name => [secrets(name), hiddenIn(connections(name))]))
}

export function maskingOf(secrets: Json): Masking {
  const words = wordsOf(secrets)
  return value => maskValue(value, words) as typeof value
}

/** Longest first, so that a secret which contains another is hidden whole. */
function wordsOf(secrets: Json): readonly string[] {
  const words = new Set<string>()
  const open: (Json | undefined)[] = [secrets]
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (typeof value === 'string' && value.length >= charactersMin) words.add(value)
    else if (Array.isArray(value)) open.push(...value)
    else if (isJsonObject(value)) open.push(...Object.values(value))
  }
  return [...words].sort((a, b) => b.length - a.length)
}

function maskValue(value: Json, words: readonly string[]): Json {
  if (typeof value === 'string') return maskText(value, words)
  if (Array.isArray(value)) return value.map(item => maskValue(item, words))
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, item === undefined ? item : maskValue(item, words)]))
  return value
}

function maskText(text: string, words: readonly string[]): string {
  if (text.startsWith(referencePrefix)) return mask
  let masked = text
  for (const word of words) if (masked.includes(word)) masked = masked.replaceAll(word, mask)
  return masked
}
