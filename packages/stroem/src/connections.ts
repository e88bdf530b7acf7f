/** Connections by name: looked up each time they are used, because their values may be secrets. */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { type InputField, lookUp, primitiveTypes, type Workspace } from './definition/types.js'

/** Why a field has no connection, as a sentence about it. */
export type Found = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string }

export function isConnection(field: InputField): boolean {
  return !primitiveTypes.has(field.type)
}

/** What `Context.connections` gives for a workspace: name → type, values, and those of the values that nobody may see. */
export function connectionsOf({ connections, connectionTypes }: Workspace): JsonObject {
  return Object.fromEntries(
    Object.entries(connections).map(([name, { type, values }]) => {
      const properties = type === null ? null : lookUp(connectionTypes, type)
      const isHidden = (field: string) => properties !== null && lookUp(properties, field)?.secret === true
      const hidden = Object.entries(values).flatMap(([field, value]) => (isHidden(field) ? [value ?? null] : []))
      return [name, { type, values, hidden }]
    }),
  )
}

/** All values of these connections that nobody may see. */
export function hiddenIn(connections: JsonObject): Json {
  return Object.values(connections).map(connection => (isJsonObject(connection) ? (connection['hidden'] ?? null) : null))
}

/** The value of a connection field: an object is taken as it is, a text names a connection that fits. */
export function findConnection(name: string, field: InputField, value: Json, connections: JsonObject): Found {
  if (value === null || isJsonObject(value)) return { ok: true, value }
  if (typeof value !== 'string') return { ok: false, message: `Input field '${name}' must be a connection name or an object` }
  const connection = Object.hasOwn(connections, value) ? connections[value] : null
  if (!isJsonObject(connection)) return { ok: false, message: `Input field '${name}' references connection '${value}' which does not exist` }
  const { type, values } = connection
  if (type !== null && type !== field.type) {
    return { ok: false, message: `Input field '${name}' expects a connection of type '${field.type}', but connection '${value}' is of type '${String(type)}'` }
  }
  return { ok: true, value: values ?? null }
}
