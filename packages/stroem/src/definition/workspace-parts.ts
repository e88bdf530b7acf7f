/** What a file adds to a workspace, and how files add up: maps by key, the later file wins; hook lists append. */
import type { Json } from '@busbar/kernel'

import { type ReadAction, readAction } from './read-action.js'
import { readConnection, readConnectionType, readHooks } from './read-fields.js'
import { readTask } from './read-task.js'
import { readTrigger } from './read-trigger.js'
import type { Reader } from './reader.js'
import type { Action, Connection, ConnectionType, Hook, Hooks, TaskDef, Trigger } from './types.js'

export interface Parts {
  readonly secrets: Map<string, Json>
  readonly connectionTypes: Map<string, ConnectionType>
  readonly connections: Map<string, Connection>
  readonly actions: Map<string, Action>
  readonly tasks: Map<string, TaskDef>
  readonly triggers: Map<string, Trigger>
  readonly mcpServers: Map<string, Json>
  readonly hooks: { readonly [event in keyof Hooks]: Hook[] }
  readonly warnings: string[]
}

export function noParts(): Parts {
  return {
    secrets: new Map(),
    connectionTypes: new Map(),
    connections: new Map(),
    actions: new Map(),
    tasks: new Map(),
    triggers: new Map(),
    mcpServers: new Map(),
    hooks: { onSuccess: [], onError: [], onSuspended: [], onCancel: [] },
    warnings: [],
  }
}

/** Throws `BadField` when a field has a wrong shape. Tasks without a folder of their own get `folder`. */
export function readParts(root: Reader, folder: string | null): Parts {
  const parts = noParts()
  for (const [name, entry] of root.field('secrets').entries()) parts.secrets.set(name, entry.json())
  for (const [name, entry] of root.field('connection_types').entries()) parts.connectionTypes.set(name, readConnectionType(entry))
  for (const [name, entry] of root.field('connections').entries()) parts.connections.set(name, readConnection(entry))
  for (const [name, entry] of root.field('actions').entries()) addAction(parts, name, readAction(entry))
  for (const [name, entry] of root.field('tasks').entries()) addTask(parts, name, entry, folder)
  for (const [name, entry] of root.field('triggers').entries()) parts.triggers.set(name, readTrigger(entry))
  for (const [name, entry] of root.field('mcp_servers').entries()) parts.mcpServers.set(name, entry.jsonObject())
  appendHooks(parts, readHooks(root))
  return parts
}

function addAction(parts: Parts, name: string, read: ReadAction): void {
  if ('action' in read) parts.actions.set(name, read.action)
  else parts.warnings.push(`${read.problem}; the action is left out`)
}

function addTask(parts: Parts, name: string, entry: Reader, folder: string | null): void {
  const { task, inline, warnings } = readTask(entry, name)
  parts.tasks.set(name, { ...task, folder: task.folder ?? folder })
  for (const [action, read] of inline) addAction(parts, action, read)
  parts.warnings.push(...warnings)
}

export function mergeParts(into: Parts, added: Parts): void {
  addAll(into.secrets, added.secrets)
  addAll(into.connectionTypes, added.connectionTypes)
  addAll(into.connections, added.connections)
  addAll(into.actions, added.actions)
  addAll(into.tasks, added.tasks)
  addAll(into.triggers, added.triggers)
  addAll(into.mcpServers, added.mcpServers)
  appendHooks(into, added.hooks)
}

function addAll<T>(into: Map<string, T>, added: ReadonlyMap<string, T>): void {
  for (const [name, value] of added) into.set(name, value)
}

function appendHooks(parts: Parts, added: Hooks): void {
  parts.hooks.onSuccess.push(...added.onSuccess)
  parts.hooks.onError.push(...added.onError)
  parts.hooks.onSuspended.push(...added.onSuspended)
  parts.hooks.onCancel.push(...added.onCancel)
}
