/**
 * A workspace: what the YAML files of one folder mean together. All of it is plain JSON, so a part of it can be kept
 * as the snapshot an execution runs by. Names come from outside: read a `Dictionary` with `lookUp`.
 */
import type { Json, JsonObject } from '@busbar/kernel'

/** Names to things. A name such as `constructor` is a name like any other, so only `lookUp` finds what is there. */
export interface Dictionary<T> {
  readonly [name: string]: T
}

export function lookUp<T>(dictionary: Dictionary<T>, name: string): T | null {
  return Object.hasOwn(dictionary, name) ? (dictionary[name] as T) : null
}

export interface Workspace {
  readonly name: string
  /** Rendered at load. */
  readonly secrets: JsonObject
  readonly connectionTypes: Dictionary<ConnectionType>
  /** Rendered at load, defaults of their type filled in. */
  readonly connections: Dictionary<Connection>
  /** Own ones, those of inline steps as `_inline:<task>:<step>`, and those of libraries as `<library>.<name>`. */
  readonly actions: Dictionary<Action>
  readonly tasks: Dictionary<TaskDef>
  readonly triggers: Dictionary<Trigger>
  readonly hooks: Hooks
  readonly mcpServers: JsonObject
  /** One line for each file or entry that was left out, and why. */
  readonly warnings: readonly string[]
}

// ── Tasks ──

export interface TaskDef {
  /** For people; the key in the YAML is the id. */
  readonly name: string | null
  readonly description: string | null
  readonly mode: string
  readonly folder: string | null
  readonly input: Dictionary<InputField>
  readonly flow: Dictionary<Step>
  readonly timeoutSecs: number | null
  readonly retry: RetryPolicy | null
  readonly hooks: Hooks
}

export interface Step {
  /** A name in `Workspace.actions`, or `<workspace>.<name>` of another one. */
  readonly action: string
  readonly name: string | null
  readonly description: string | null
  readonly dependsOn: readonly string[]
  readonly input: JsonObject
  readonly continueOnFailure: boolean
  readonly timeoutSecs: number | null
  readonly when: string | null
  /** A template, or the items themselves. Anything else is refused when the loop is expanded. */
  readonly forEach: Json
  readonly sequential: boolean
  /** Null: the action's retry counts. */
  readonly retry: RetryPolicy | null
}

export interface RetryPolicy {
  /** Tries after the first one. */
  readonly attemptsMax: number
  readonly delaySecs: number
  readonly backoff: 'fixed' | 'exponential'
  readonly jitter: boolean
}

export interface Hooks {
  readonly onSuccess: readonly Hook[]
  readonly onError: readonly Hook[]
  readonly onSuspended: readonly Hook[]
  readonly onCancel: readonly Hook[]
}

export interface Hook {
  readonly action: string
  readonly input: JsonObject
}

// ── Actions ──

export type Action = ScriptAction | DockerAction | PodAction | TaskAction | AgentAction | ApprovalAction
export type ActionType = Action['type']

interface ActionCommon {
  readonly name: string | null
  readonly description: string | null
  readonly input: Dictionary<InputField>
  /** `{field: {type, …}}`: documentation only. */
  readonly output: JsonObject | null
  readonly retry: RetryPolicy | null
  /** Tags a worker must have; without duplicates. Meaningless for task and approval. */
  readonly tags: readonly string[]
}

export interface ScriptAction extends ActionCommon {
  readonly type: 'script'
  /** Inline code. A good script has exactly one of `script` and `source`; the loader does not insist. */
  readonly script: string | null
  /** File of the workspace. */
  readonly source: string | null
  readonly runner: string
  /** Null: shell. */
  readonly language: string | null
  readonly dependencies: readonly string[]
  readonly interpreter: string | null
  readonly args: readonly string[]
  readonly env: Dictionary<string> | null
  /** For the `pod` runner. */
  readonly manifest: Json
}

interface ContainerAction extends ActionCommon {
  readonly image: string | null
  readonly cmd: string | null
  readonly command: readonly string[] | null
  readonly entrypoint: readonly string[] | null
  readonly env: Dictionary<string> | null
}

export interface DockerAction extends ContainerAction {
  readonly type: 'docker'
}

export interface PodAction extends ContainerAction {
  readonly type: 'pod'
  readonly manifest: Json
}

export interface TaskAction extends ActionCommon {
  readonly type: 'task'
  readonly task: string
}

export interface AgentAction extends ActionCommon {
  readonly type: 'agent'
  readonly provider: string | null
  readonly prompt: string | null
  /** The fields this version only carries: model, temperature, tools, … as written. */
  readonly settings: JsonObject
}

export interface ApprovalAction extends ActionCommon {
  readonly type: 'approval'
  /** A template. */
  readonly message: string
}

// ── Inputs and connections ──

export interface InputField {
  /** string, text, integer, number, boolean, date, datetime; any other word names a connection type. */
  readonly type: string
  readonly name: string | null
  readonly description: string | null
  readonly required: boolean
  readonly secret: boolean
  /** Null: none. */
  readonly default: Json
  readonly options: readonly string[] | null
  readonly allowCustom: boolean
  readonly multiple: boolean
  readonly order: number | null
}

/** The input types that are values; every other type is the name of a connection type. */
export const primitiveTypes: ReadonlySet<string> = new Set(['string', 'text', 'integer', 'number', 'boolean', 'date', 'datetime'])

export type ConnectionType = Dictionary<ConnectionProperty>

export interface ConnectionProperty {
  readonly type: string
  readonly required: boolean
  /** Null: none. */
  readonly default: Json
  readonly secret: boolean
}

export interface Connection {
  readonly type: string | null
  readonly values: JsonObject
}

// ── Triggers ──

export type Trigger = SchedulerTrigger | WebhookTrigger | EventSourceTrigger

export interface SchedulerTrigger {
  readonly type: 'scheduler'
  readonly cron: string
  readonly task: string
  readonly input: JsonObject
  readonly enabled: boolean
  readonly concurrency: 'allow' | 'skip' | 'cancel_previous'
  /** Null: UTC. */
  readonly timezone: string | null
  readonly forceRefresh: boolean
}

export interface WebhookTrigger {
  readonly type: 'webhook'
  readonly name: string
  readonly task: string
  readonly secret: string | null
  readonly input: JsonObject
  readonly enabled: boolean
  /** `async` or `sync`; null: async. */
  readonly mode: string | null
  readonly timeoutSecs: number | null
  readonly forceRefresh: boolean
}

export interface EventSourceTrigger {
  readonly type: 'event_source'
  readonly task: string
  readonly targetTask: string
  readonly enabled: boolean
  readonly input: JsonObject
  readonly env: Dictionary<string>
  readonly restartPolicy: 'always' | 'on_failure' | 'never'
  readonly backoffSecs: number
  readonly inFlightMax: number | null
}
