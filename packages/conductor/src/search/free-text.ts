/**
 * Free text: a part of the summary, whatever its case. Summaries show documents in Java's notation and the store keeps them as JSON, so
 * a text with `=` is looked for as JSON writes it too.
 */
import { always, type Condition, refuse, type Refusal, type SearchField } from '@busbar/kernel'
import { inJson } from './field.js'
import { searchLimits } from './query.js'

export function freeTextCondition(text: string, fields: readonly SearchField[], words: Readonly<Record<string, Condition>>): Condition | Refusal {
  if (text === '' || text === '*') return always
  if (text.length > searchLimits.freeTextLengthMax)
    return refuse('invalid', `freeText has ${text.length} characters: expected at most ${searchLimits.freeTextLengthMax}`)
  const said = Object.keys(words).flatMap(word => (word.includes(text.toUpperCase()) ? (words[word] ?? []) : []))
  const found = fields.flatMap(field => (typeof field === 'string' ? [text] : formsOf(text)).map(form => ({ kind: 'contains', field, text: form }) as const))
  return { kind: 'any', of: [...said, ...found] }
}

function formsOf(text: string): readonly string[] {
  const plain = inJson(text)
  if (!text.includes('=')) return [plain]
  const open = plain.replace(/^[{[]|[}\]]$/g, '')
  // `a=1, b=x` is `"a":1,"b":"x"`: what stands behind a name begins with a quote or not.
  const named = open.replace(/, /g, ',"')
  return [plain, named.replace(/=/g, '":"'), named.replace(/=/g, '":')]
}
