import { decision } from './decision.js'
import { doWhile } from './do-while.js'
import { dynamic } from './dynamic.js'
import { type EngineType, isEngineType } from './engine-types.js'
import { event } from './event.js'
import { eventMessage } from './event-message.js'
import { exclusiveJoin } from './exclusive-join.js'
import { forkJoin } from './fork-join.js'
import { forkJoinDynamic } from './fork-join-dynamic.js'
import { http } from './http.js'
import { human } from './human.js'
import { inline } from './inline.js'
import { join } from './join.js'
import { jsonJqTransform } from './json-jq-transform.js'
import { kafkaPublish } from './kafka-publish.js'
import { lambda } from './lambda.js'
import { noop } from './noop.js'
import type { TaskRule } from '../decide/mapping.js'
import { pullWorkflowMessages } from './pull-workflow-messages.js'
import { setVariable } from './set-variable.js'
import { startWorkflow } from './start-workflow.js'
import { subWorkflow } from './sub-workflow.js'
import { switchTask } from './switch.js'
import { terminate } from './terminate.js'
import { wait } from './wait.js'
import { worker } from './worker.js'

const rules = {
  DECISION: decision,
  DO_WHILE: doWhile,
  DYNAMIC: dynamic,
  EVENT: event,
  EVENT_MESSAGE: eventMessage,
  EXCLUSIVE_JOIN: exclusiveJoin,
  FORK: forkJoin,
  FORK_JOIN: forkJoin,
  FORK_JOIN_DYNAMIC: forkJoinDynamic,
  HTTP: http,
  HUMAN: human,
  INLINE: inline,
  JOIN: join,
  JSON_JQ_TRANSFORM: jsonJqTransform,
  KAFKA_PUBLISH: kafkaPublish,
  LAMBDA: lambda,
  NOOP: noop,
  PULL_WORKFLOW_MESSAGES: pullWorkflowMessages,
  SET_VARIABLE: setVariable,
  START_WORKFLOW: startWorkflow,
  SUB_WORKFLOW: subWorkflow,
  SWITCH: switchTask,
  TERMINATE: terminate,
  WAIT: wait,
} satisfies Record<EngineType, TaskRule>

export function ruleOf(type: string): TaskRule {
  return isEngineType(type) ? rules[type] : worker
}
