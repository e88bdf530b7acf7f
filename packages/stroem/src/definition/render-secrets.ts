/** Secrets and connections are rendered once, when their workspace is loaded. */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { renderText } from '../template/render.js'
import { dictionaryOf } from './reader.js'
import { type Connection, type ConnectionType, type Dictionary, lookUp } from './types.js'

export type RenderedSecrets =
  | { readonly ok: true; readonly secrets: JsonObject; readonly connections: Dictionary<Connection> }
  | { readonly ok: false; readonly message: string }

export function renderSecrets(
  secrets: ReadonlyMap<string, Json>,
  connections: ReadonlyMap<string, Connection>,
  types: Dictionary<ConnectionType>,
): RenderedSecrets {
  const faults: string[] = []
  const rendered = dictionaryOf(Array.from(secrets, ([name, value]) => [name, renderDeep(value, {}, `secret '${name}'`, faults)]))
  const known = dictionaryOf(Array.from(connections, ([name, connection]) => [name, renderConnection(name, connection, rendered, types, faults)]))
  const [fault] = faults
  return fault === undefined ? { ok: true, secrets: rendered, connections: known } : { ok: false, message: fault }
}

function renderConnection(name: string, { type, values }: Connection, secret: JsonObject, types: Dictionary<ConnectionType>, faults: string[]): Connection {
  const rendered = Object.entries(values).map(
    ([field, value]) => [field, renderDeep(value ?? null, { secret }, `connection '${name}' field '${field}'`, faults)] as const,
  )
  const properties = type === null ? null : lookUp(types, type)
  const missing = Object.entries(properties ?? {}).filter(([field, property]) => property.default !== null && !Object.hasOwn(values, field))
  return { type, values: dictionaryOf([...rendered, ...missing.map(([field, property]) => [field, property.default] as const)]) }
}

function renderDeep(value: Json, context: JsonObject, what: string, faults: string[]): Json {
  if (typeof value === 'string') return value.includes('{{') ? rendered(value, context, what, faults) : value
  if (Array.isArray(value)) return value.map(item => renderDeep(item, context, what, faults))
  if (!isJsonObject(value)) return value
  return dictionaryOf(Object.entries(value).map(([name, member]) => [name, renderDeep(member ?? null, context, what, faults)]))
}

function rendered(template: string, context: JsonObject, what: string, faults: string[]): string {
  const result = renderText(template, context)
  if (result.ok) return result.text
  faults.push(`Failed to render ${what}: ${result.message}`)
  return ''
}
