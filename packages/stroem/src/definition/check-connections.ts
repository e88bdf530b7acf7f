import { isJsonObject, type Json } from '@busbar/kernel'
import type { Problems } from './problems.js'
import { type Connection, type ConnectionType, lookUp, primitiveTypes, type Workspace } from './types.js'

const reservedNames: ReadonlySet<string> = new Set([...primitiveTypes, 'bool', 'array', 'object'])

export function checkConnections(workspace: Workspace, problems: Problems): void {
  for (const [name, type] of Object.entries(workspace.connectionTypes)) checkConnectionType(name, type, problems.inside(`connection_types.${name}`))
  for (const [name, connection] of Object.entries(workspace.connections)) checkConnection(connection, workspace, problems.inside(`connections.${name}`))
}

function checkConnectionType(name: string, type: ConnectionType, problems: Problems): void {
  if (reservedNames.has(name)) problems.error(`'${name}' is the name of an input type and cannot name a connection type`)
  for (const [field, property] of Object.entries(type)) {
    if (!primitiveTypes.has(property.type)) problems.inside(field).error(`expected a type out of ${[...primitiveTypes].join(', ')}, found '${property.type}'`)
  }
}

function checkConnection({ type, values }: Connection, workspace: Workspace, problems: Problems): void {
  for (const [field, value] of Object.entries(values)) if (value === '') problems.inside(field).error('is empty')
  if (type === null) return
  const definition = lookUp(workspace.connectionTypes, type)
  if (definition === null) return problems.error(`there is no connection type '${type}'`)
  for (const [field, property] of Object.entries(definition)) {
    if (property.required && property.default === null && !Object.hasOwn(values, field)) problems.error(`the field '${field}' is required by the type ${type}`)
  }
  for (const field of Object.keys(values)) {
    if (lookUp(definition, field) === null) problems.warn(`the type ${type} has no field '${field}'`)
  }
}

export function checkSecrets(value: Json | undefined, problems: Problems): void {
  if (value === '') return problems.error('is empty')
  if (!isJsonObject(value)) return
  for (const [name, inner] of Object.entries(value)) {
    if (!/^[\p{L}\p{N}_]+$/u.test(name)) problems.inside(name).error('the name of a secret is made of letters, digits and _')
    checkSecrets(inner, problems.inside(name))
  }
}
