import { decision } from './decision.js'
import { doWhile } from './do-while.js'
import { dynamic } from './dynamic.js'
import { exclusiveJoin } from './exclusive-join.js'
import { forkJoin } from './fork-join.js'
import { forkJoinDynamic } from './fork-join-dynamic.js'
import { human } from './human.js'
import { inline } from './inline.js'
import { join } from './join.js'
import { lambda } from './lambda.js'
import { noop } from './noop.js'
import type { TaskRule } from './rule.js'
import { setVariable } from './set-variable.js'
import { startWorkflow } from './start-workflow.js'
import { subWorkflow } from './sub-workflow.js'
import { switchTask } from './switch.js'
import { terminate } from './terminate.js'
import { wait } from './wait.js'
import { worker } from './worker.js'

/** The types that the engine runs by itself. `FORK` is what both forks are called once they run. */
const rules: ReadonlyMap<string, TaskRule> = new Map([
  ['DECISION', decision],
  ['DO_WHILE', doWhile],
  ['DYNAMIC', dynamic],
  ['EXCLUSIVE_JOIN', exclusiveJoin],
  ['FORK', forkJoin],
  ['FORK_JOIN', forkJoin],
  ['FORK_JOIN_DYNAMIC', forkJoinDynamic],
  ['HUMAN', human],
  ['INLINE', inline],
  ['JOIN', join],
  ['LAMBDA', lambda],
  ['NOOP', noop],
  ['SET_VARIABLE', setVariable],
  ['START_WORKFLOW', startWorkflow],
  ['SUB_WORKFLOW', subWorkflow],
  ['SWITCH', switchTask],
  ['TERMINATE', terminate],
  ['WAIT', wait],
])

/** Types of Conductor that this engine does not run yet: a start that needs one is refused. */
const unsupported: ReadonlySet<string> = new Set([
  'HTTP',
  'EVENT',
  'KAFKA_PUBLISH',
  'JSON_JQ_TRANSFORM',
  'PULL_WORKFLOW_MESSAGES',
  'LLM_TEXT_COMPLETE',
  'LLM_CHAT_COMPLETE',
  'LLM_GENERATE_EMBEDDINGS',
  'LLM_STORE_EMBEDDINGS',
  'LLM_GET_EMBEDDINGS',
  'LLM_SEARCH_EMBEDDINGS',
  'LLM_INDEX_TEXT',
  'LLM_SEARCH_INDEX',
  'GENERATE_IMAGE',
  'GENERATE_AUDIO',
  'GENERATE_VIDEO',
  'GENERATE_PDF',
  'LIST_MCP_TOOLS',
  'CALL_MCP_TOOL',
  'AGENT',
  'GET_AGENT_CARD',
  'CANCEL_AGENT',
  'JDBC',
])

export function ruleOf(type: string): TaskRule {
  return rules.get(type) ?? worker
}

export function isEngineType(type: string): boolean {
  return rules.has(type)
}

export function isUnsupportedType(type: string): boolean {
  return unsupported.has(type)
}
