/**
 * Definitions, normalised: every default filled in, so nobody below asks "and if it is missing?". Null stands only
 * where "not given" means something of its own. Field names are those of the wire (conductor-api.md §4.1–4.4).
 */
import type { Json, JsonObject } from '@busbar/kernel'

/** The types that the engine treats specially. Any other text is a type of the user's own, run by workers like SIMPLE. */
export const knownTaskTypes = [
  'SIMPLE',
  'DYNAMIC',
  'FORK_JOIN',
  'FORK_JOIN_DYNAMIC',
  'DECISION',
  'SWITCH',
  'JOIN',
  'DO_WHILE',
  'SUB_WORKFLOW',
  'START_WORKFLOW',
  'EVENT',
  'WAIT',
  'HUMAN',
  'USER_DEFINED',
  'HTTP',
  'LAMBDA',
  'INLINE',
  'EXCLUSIVE_JOIN',
  'TERMINATE',
  'KAFKA_PUBLISH',
  'JSON_JQ_TRANSFORM',
  'SET_VARIABLE',
  'NOOP',
  'PULL_WORKFLOW_MESSAGES',
] as const

export type KnownTaskType = (typeof knownTaskTypes)[number]

const known: ReadonlySet<string> = new Set(knownTaskTypes)

export function isKnownTaskType(type: string): type is KnownTaskType {
  return known.has(type)
}

export type WorkflowTimeoutPolicy = 'TIME_OUT_WF' | 'ALERT_ONLY'
export type TaskTimeoutPolicy = 'RETRY' | 'TIME_OUT_WF' | 'ALERT_ONLY'
export type RetryLogic = 'FIXED' | 'EXPONENTIAL_BACKOFF' | 'LINEAR_BACKOFF'
export type JoinMode = 'SYNC' | 'ASYNC'
export type IdempotencyStrategy = 'FAIL' | 'RETURN_EXISTING' | 'FAIL_ON_RUNNING'

/** Who wrote it and when; 0 and null: unknown. */
export interface Audit {
  readonly ownerApp: string | null
  readonly createTime: number
  readonly updateTime: number
  readonly createdBy: string | null
  readonly updatedBy: string | null
}

export interface WorkflowDef extends Audit {
  /** Empty when none was given; a valid definition has one. */
  readonly name: string
  readonly description: string | null
  readonly version: number
  readonly tasks: readonly WorkflowTask[]
  readonly inputParameters: readonly string[]
  readonly outputParameters: JsonObject
  readonly failureWorkflow: string | null
  /** Null: the latest. */
  readonly failureWorkflowVersion: number | null
  readonly schemaVersion: number
  readonly restartable: boolean
  readonly workflowStatusListenerEnabled: boolean
  readonly workflowStatusListenerSink: string | null
  readonly ownerEmail: string | null
  readonly timeoutPolicy: WorkflowTimeoutPolicy
  /** 0: none. */
  readonly timeoutSeconds: number
  readonly variables: JsonObject
  readonly inputTemplate: JsonObject
  readonly rateLimitConfig: JsonObject | null
  readonly inputSchema: JsonObject | null
  readonly outputSchema: JsonObject | null
  readonly enforceSchema: boolean
  readonly metadata: JsonObject
  readonly cacheConfig: JsonObject | null
  readonly maskedFields: readonly string[]
}

export interface WorkflowTask {
  /** Empty when none was given; a valid task has one. */
  readonly name: string
  /** Empty when none was given; unique in a valid definition. */
  readonly taskReferenceName: string
  readonly description: string | null
  readonly inputParameters: JsonObject
  /** One of `KnownTaskType`, or a type of the user's own. */
  readonly type: string
  readonly dynamicTaskNameParam: string | null
  readonly caseValueParam: string | null
  readonly caseExpression: string | null
  readonly scriptExpression: string | null
  /** A map, because the keys are the users' own: `constructor` is a case like any other. */
  readonly decisionCases: ReadonlyMap<string, readonly WorkflowTask[]>
  readonly dynamicForkJoinTasksParam: string | null
  readonly dynamicForkTasksParam: string | null
  readonly dynamicForkTasksInputParamName: string | null
  readonly defaultCase: readonly WorkflowTask[]
  readonly forkTasks: readonly (readonly WorkflowTask[])[]
  /** Seconds. */
  readonly startDelay: number
  readonly subWorkflowParam: SubWorkflowParams | null
  readonly joinOn: readonly string[]
  readonly joinMode: JoinMode | null
  readonly joinStatus: string | null
  readonly sink: string | null
  readonly optional: boolean
  /** Given inline, or embedded in a snapshot (then never null). */
  readonly taskDefinition: TaskDef | null
  readonly rateLimited: boolean | null
  readonly defaultExclusiveJoinTask: readonly string[]
  readonly asyncComplete: boolean
  readonly loopCondition: string | null
  readonly loopOver: readonly WorkflowTask[]
  readonly items: string | null
  /** Null: as the task definition says. */
  readonly retryCount: number | null
  readonly evaluatorType: string | null
  readonly expression: string | null
  readonly onStateChange: JsonObject
  readonly cacheConfig: JsonObject | null
  readonly permissive: boolean
  readonly metadata: JsonObject
}

export interface SubWorkflowParams {
  readonly name: string | null
  /** Null: the latest, pinned when the parent starts. 0: the latest when the child starts. */
  readonly version: number | null
  readonly taskToDomain: Readonly<Record<string, string>> | null
  /** A definition, or an expression `${…}` that gives one. */
  readonly workflowDefinition: WorkflowDef | string | null
  readonly idempotencyKey: string | null
  readonly idempotencyStrategy: IdempotencyStrategy | null
  /** A number or an expression. */
  readonly priority: Json
}

export interface TaskDef extends Audit {
  /** Empty when none was given; a valid definition has one. */
  readonly name: string
  readonly description: string | null
  readonly retryCount: number
  /** 0: none. */
  readonly timeoutSeconds: number
  readonly inputKeys: readonly string[]
  readonly outputKeys: readonly string[]
  readonly runtimeMetadata: readonly string[]
  readonly timeoutPolicy: TaskTimeoutPolicy
  readonly retryLogic: RetryLogic
  readonly retryDelaySeconds: number
  /** 0: none. */
  readonly responseTimeoutSeconds: number
  /** Null: none. */
  readonly concurrentExecLimit: number | null
  readonly inputTemplate: JsonObject
  /** 0: none. */
  readonly rateLimitPerFrequency: number
  readonly rateLimitFrequencyInSeconds: number
  readonly isolationGroupId: string | null
  readonly executionNameSpace: string | null
  readonly ownerEmail: string | null
  readonly pollTimeoutSeconds: number | null
  readonly backoffScaleFactor: number
  /** 0: no cap. */
  readonly maxRetryDelaySeconds: number
  readonly backoffJitterMs: number
  readonly baseType: string | null
  /** 0: none. */
  readonly totalTimeoutSeconds: number
  readonly taskStatusListenerEnabled: boolean
  readonly inputSchema: JsonObject | null
  readonly outputSchema: JsonObject | null
  readonly enforceSchema: boolean
}

/** `CUSTOM` is the Swift line's word for a SIMPLE task: both are polled by their name. */
export function isSimple(type: string): boolean {
  return type === 'SIMPLE' || type === 'CUSTOM'
}
