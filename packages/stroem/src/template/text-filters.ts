/** Filters of text. `fuel.text` is paid before a text is walked through or made. */
import { booleanArgument, countArgument, type Filter, textArgument } from './builtin.js'
import { mustBeText } from './demand.js'
import { type Fuel, TemplateError } from './fuel.js'
import { graphemes } from './graphemes.js'
import { slugify } from './slugify.js'

const htmlEscapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;', '/': '&#x2F;' }
const xmlEscapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
const words = /[\p{L}\p{M}\p{Nd}\p{Pc}](?:[\p{L}\p{M}\p{Nd}\p{Pc}']*[\p{L}\p{M}\p{Nd}\p{Pc}])?/gu
/** Python's `quote`, except that Tera leaves a percent sign alone. */
const urlUnsafe = /[^A-Za-z0-9/\-_.~%]+/g
const urlUnsafeStrict = /[^A-Za-z0-9]+/g

export const textFilters: ReadonlyMap<string, Filter> = new Map([
  plain('upper', text => text.toUpperCase()),
  plain('lower', text => text.toLowerCase()),
  plain('capitalize', capitalize),
  plain('title', text => text.replace(words, capitalize)),
  plain('trim', text => text.trim()),
  plain('trim_start', text => text.trimStart()),
  plain('trim_end', text => text.trimEnd()),
  plain('linebreaksbr', text => text.replace(/\r?\n/g, '<br>')),
  plain('spaceless', text => text.replace(/>\s+</g, '><')),
  plain('addslashes', text => text.replace(/[\\"']/g, '\\$&')),
  plain('escape', text => text.replace(/[&<>"'/]/g, character => htmlEscapes[character] ?? character)),
  plain('escape_xml', text => text.replace(/[&<>"']/g, character => xmlEscapes[character] ?? character)),
  plain('urlencode', text => text.replace(urlUnsafe, percentEncode)),
  plain('urlencode_strict', text => text.replace(urlUnsafeStrict, percentEncode)),
  plain('slugify', slugify),
  withText('striptags', (text, _args, { fuel }) => stripTags(text, fuel)),
  withText('wordcount', (text, _args, { fuel }) => countWords(text, fuel)),
  withText('trim_start_matches', (text, args) => trimStartMatches(text, unescaped(textArgument(args, 'trim_start_matches', 'pat')))),
  withText('trim_end_matches', (text, args) => trimEndMatches(text, unescaped(textArgument(args, 'trim_end_matches', 'pat')))),
  withText('truncate', (text, args, { fuel }) =>
    truncate(text, countArgument(args, 'truncate', 'length', 255), textArgument(args, 'truncate', 'end', '…'), fuel),
  ),
  withText('replace', (text, args, { fuel }) => replace(text, textArgument(args, 'replace', 'from'), textArgument(args, 'replace', 'to'), fuel)),
  withText('split', (text, args, { fuel }) => split(text, unescaped(textArgument(args, 'split', 'pat')), fuel)),
  withText('indent', (text, args, { fuel }) => {
    const prefix = textArgument(args, 'indent', 'prefix', '    ')
    return indent(text, prefix, { first: booleanArgument(args, 'indent', 'first'), blank: booleanArgument(args, 'indent', 'blank') }, fuel)
  }),
])

type TextFilter = (text: string, ...rest: [args: Parameters<Filter>[1], surroundings: Parameters<Filter>[2]]) => ReturnType<Filter>

function withText(name: string, filter: TextFilter): [string, Filter] {
  return [
    name,
    (value, args, surroundings) => {
      const text = mustBeText(value, `the value of \`${name}\``)
      surroundings.fuel.text(text.length)
      return filter(text, args, surroundings)
    },
  ]
}

/** A filter without arguments whose answer is at most a few times longer than its text. */
function plain(name: string, filter: (text: string) => string): [string, Filter] {
  return withText(name, (text, _args, { fuel }) => {
    const result = filter(text)
    fuel.text(result.length)
    return result
  })
}

/** Patterns in YAML block texts come with their backslashes. */
export function unescaped(pattern: string): string {
  return pattern.replaceAll('\\n', '\n').replaceAll('\\t', '\t')
}

function capitalize(text: string): string {
  const first = String.fromCodePoint(...(text === '' ? [] : [text.codePointAt(0) ?? 0]))
  return first.toUpperCase() + text.slice(first.length).toLowerCase()
}

function countWords(text: string, fuel: Fuel): number {
  let count = 0
  for (const _ of text.matchAll(/\S+/g)) {
    fuel.spend(1)
    count += 1
  }
  return count
}

/** Half a surrogate pair is no character; the marks behind are those that encodeURIComponent leaves. */
function percentEncode(unsafe: string): string {
  const whole = unsafe.replace(/[\ud800-\udfff]/gu, '\ufffd')
  return encodeURIComponent(whole).replace(/[!'()*\-_.~]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}

function trimStartMatches(text: string, pattern: string): string {
  let start = 0
  if (pattern !== '') while (text.startsWith(pattern, start)) start += pattern.length
  return text.slice(start)
}

function trimEndMatches(text: string, pattern: string): string {
  let end = text.length
  if (pattern !== '') while (end >= pattern.length && text.startsWith(pattern, end - pattern.length)) end -= pattern.length
  return text.slice(0, end)
}

function truncate(text: string, length: number, end: string, fuel: Fuel): string {
  if (length >= text.length) return text
  let kept = ''
  let count = 0
  for (const grapheme of graphemes(text, fuel)) {
    if (count === length) return kept + end
    kept += grapheme
    count += 1
  }
  return text
}

function replace(text: string, from: string, to: string, fuel: Fuel): string {
  const pieces = from === '' ? ['', ...text, ''] : text.split(from)
  fuel.text(text.length + (pieces.length - 1) * (to.length - from.length))
  return pieces.join(to)
}

function split(text: string, pattern: string, fuel: Fuel): readonly string[] {
  const pieces = pattern === '' ? ['', ...text, ''] : text.split(pattern)
  fuel.spend(pieces.length)
  return pieces
}

function indent(text: string, prefix: string, which: { readonly first: boolean; readonly blank: boolean }, fuel: Fuel): string {
  const lines = text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  if (lines.at(-1) === '') lines.pop()
  fuel.text(text.length + lines.length * prefix.length)
  return lines.map((line, i) => (isIndented(line, i) ? prefix + line : line)).join('\n')

  function isIndented(line: string, i: number): boolean {
    return i === 0 ? which.first : which.blank || line.trim() !== ''
  }
}

/** Removes comments that end on their line, and everything between `<` and `>`. Pays for each search. */
function stripTags(text: string, fuel: Fuel): string {
  let kept = ''
  let from = 0
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', from)) {
    kept += text.slice(from, open)
    const end = endOfTag(text, open, fuel)
    if (end < 0) return kept + text.slice(open)
    from = end
  }
  return kept + text.slice(from)
}

function endOfTag(text: string, open: number, fuel: Fuel): number {
  if (text.startsWith('<!--', open)) {
    const end = text.indexOf('-->', open + 4)
    fuel.text((end < 0 ? text.length : end) - open)
    if (end >= 0 && !text.slice(open, end).includes('\n')) return end + 3
  }
  const end = text.indexOf('>', open)
  fuel.text((end < 0 ? text.length : end) - open)
  return end < 0 ? -1 : end + 1
}

/** `vals` looks secrets up in vaults. Ours passes what is no reference, and says so when it is one. */
export const vals: Filter = value => {
  if (typeof value !== 'string' || !value.startsWith('ref+')) return value
  throw new TemplateError('secret references (`ref+…`) are not available here: put the value itself into the secret')
}
