/** Filters of arrays and objects. Each pays a step for every item it looks at. */
import { type Arguments, booleanArgument, countArgument, type Filter, integerArgument, textArgument, valueArgument } from './builtin.js'
import { mustBeList, mustBeText } from './demand.js'
import { type Fuel, TemplateError } from './fuel.js'
import { numberText, toJsonText, toText } from './print.js'
import { unescaped } from './text-filters.js'
import { compareText, isList, isNumeric, isObject, isSame, keysOf, kindOf, member, memberAt, toFloat, type Value } from './value.js'

type ListFilter = (list: readonly Value[], args: Arguments, fuel: Fuel) => Value

export const listFilters: ReadonlyMap<string, Filter> = new Map([
  withList('first', list => list[0] ?? (list.length > 0 ? null : '')),
  withList('last', list => list.at(-1) ?? (list.length > 0 ? null : '')),
  withList('nth', (list, args) => {
    const n = countArgument(args, 'nth', 'n')
    return n < list.length ? (list[n] as Value) : ''
  }),
  withList('join', join),
  withList('sort', sort),
  withList('unique', unique),
  withList('slice', slice),
  withList('group_by', groupBy),
  withList('filter', (list, args, fuel) => {
    const attribute = attributeArgument(args, 'filter')
    const wanted = args.get('value') ?? null
    return list.filter(item => {
      const found = memberAt(item, attribute) ?? null
      return wanted === null ? found !== null : isSame(found, wanted, fuel)
    })
  }),
  withList('map', (list, args) => {
    const attribute = attributeArgument(args, 'map')
    return list.flatMap(item => {
      const found = memberAt(item, attribute) ?? null
      return found === null ? [] : [found]
    })
  }),
  withList('concat', (list, args, fuel) => {
    const more = valueArgument(args, 'concat', 'with')
    fuel.spend(isList(more) ? more.length : 1)
    return isList(more) ? [...list, ...more] : [...list, more]
  }),
  ['reverse', (value, _args, { fuel }) => reverse(value, fuel)],
  ['length', (value, _args, { fuel }) => lengthOf(value, fuel)],
  ['get', get],
  ['json_encode', (value, args, { fuel }) => toJsonText(value, args.get('pretty') === true, fuel)],
  ['as_str', (value, _args, { fuel }) => toText(value, fuel)],
])

function withList(name: string, filter: ListFilter): [string, Filter] {
  return [
    name,
    (value, args, { fuel }) => {
      const list = mustBeList(value, `the value of \`${name}\``)
      fuel.spend(list.length)
      return filter(list, args, fuel)
    },
  ]
}

const attributeLengthMax = 1_000

/** A dotted path into the items. */
function attributeArgument(args: Arguments, of: string, otherwise?: string): string {
  const attribute = textArgument(args, of, 'attribute', otherwise)
  if (attribute.length > attributeLengthMax)
    throw new TemplateError(`\`${of}\`: \`attribute\` may have ${attributeLengthMax} characters, and has ${attribute.length}`)
  return attribute
}

function join(list: readonly Value[], args: Arguments, fuel: Fuel): string {
  const separator = unescaped(textArgument(args, 'join', 'sep', ''))
  const texts = list.map(item => toText(item, fuel))
  fuel.text(texts.reduce((length, text) => length + text.length + separator.length, 0))
  return texts.join(separator)
}

// ── Order and groups ──

function sort(list: readonly Value[], args: Arguments, fuel: Fuel): Value {
  const attribute = attributeArgument(args, 'sort', '')
  const pairs = list.map(item => ({ item, key: sortKey(item, attribute) }))
  const kind = pairs[0] === undefined ? '' : typeof pairs[0].key
  if (pairs.some(({ key }) => typeof key !== kind)) throw new TemplateError('`sort` needs items of one kind')
  const rounds = Math.ceil(Math.log2(list.length + 1))
  for (const { key } of pairs) fuel.spend(rounds * (typeof key === 'string' ? 1 + Math.floor(key.length / 64) : 1))
  return pairs.sort((a, b) => compareKeys(a.key, b.key)).map(({ item }) => item)
}

type SortKey = number | string | boolean | bigint

/** Arrays sort by their length: the only key that is a bigint. */
function sortKey(item: Value, attribute: string): SortKey {
  const key = memberAt(item, attribute)
  if (key === undefined) throw new TemplateError(`\`sort\`: attribute '${attribute}' does not reference a field`)
  if (typeof key === 'string' || typeof key === 'boolean') return key
  if (isNumeric(key)) return toFloat(key)
  if (isList(key)) return BigInt(key.length)
  throw new TemplateError(`\`sort\` cannot order ${kindOf(key)}`)
}

function compareKeys(a: SortKey, b: SortKey): number {
  return typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : Number(a) - Number(b)
}

function unique(list: readonly Value[], args: Arguments, fuel: Fuel): Value {
  const attribute = attributeArgument(args, 'unique', '')
  const isCaseSensitive = booleanArgument(args, 'unique', 'case_sensitive')
  const seen = new Set<string>()
  let kind: string | null = null
  return list.filter(item => {
    const found = memberAt(item, attribute)
    if (found === undefined) return false
    const key = uniqueKey(found, isCaseSensitive)
    fuel.text(key.length)
    if (kind !== null && kind !== key.charAt(0)) throw new TemplateError('`unique` needs items of one kind')
    kind = key.charAt(0)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function uniqueKey(value: Value, isCaseSensitive: boolean): string {
  if (typeof value === 'string') return `t${isCaseSensitive ? value : value.toLowerCase()}`
  if (typeof value === 'boolean') return `b${value}`
  if (isNumeric(value)) return `n${numberText(value)}`
  throw new TemplateError(`\`unique\` cannot compare ${kindOf(value)}`)
}

function groupBy(list: readonly Value[], args: Arguments, fuel: Fuel): Value {
  const attribute = attributeArgument(args, 'group_by')
  const groups = new Map<string, Value[]>()
  for (const item of list) {
    const found = memberAt(item, attribute) ?? null
    if (found === null) continue
    const key = typeof found === 'string' ? found : toJsonText(found, false, fuel)
    fuel.text(key.length)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return Object.fromEntries(groups)
}

// ── Parts ──

function slice(list: readonly Value[], args: Arguments): Value {
  const start = args.has('start') ? fromEnd(integerArgument(args, 'slice', 'start'), list.length) : 0
  const end = args.has('end') ? fromEnd(integerArgument(args, 'slice', 'end'), list.length) : list.length
  return start >= end ? [] : list.slice(start, end)
}

function fromEnd(index: number, length: number): number {
  return index >= 0 ? index : Math.max(0, length + index)
}

function reverse(value: Value, fuel: Fuel): Value {
  if (isList(value)) {
    fuel.spend(value.length)
    return [...value].reverse()
  }
  const text = mustBeText(value, 'the value of `reverse`')
  fuel.text(text.length)
  return [...text].reverse().join('')
}

function lengthOf(value: Value, fuel: Fuel): number {
  if (isList(value)) return value.length
  if (isObject(value)) {
    const { length } = keysOf(value)
    fuel.spend(length)
    return length
  }
  if (typeof value !== 'string') throw new TemplateError(`the value of \`length\` must be text, an array or an object, and is ${kindOf(value)}`)
  fuel.text(value.length)
  let characters = 0
  for (const _ of value) characters += 1
  return characters
}

function get(value: Value, args: Arguments): Value {
  const key = textArgument(args, 'get', 'key')
  if (!isObject(value)) throw new TemplateError(`the value of \`get\` must be an object, and is ${kindOf(value)}`)
  const found = member(value, key)
  if (found !== undefined) return found
  const fallback = args.get('default')
  if (fallback === undefined) throw new TemplateError(`\`get\`: there is no key \`${key}\``)
  return fallback
}
