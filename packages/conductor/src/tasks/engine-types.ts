/** The types that the engine runs by itself (`ruleOf` has their rules). `FORK` is what both forks are called once they run. */
export const engineTypes = [
  'DECISION',
  'DO_WHILE',
  'DYNAMIC',
  'EVENT',
  'EVENT_MESSAGE',
  'EXCLUSIVE_JOIN',
  'FORK',
  'FORK_JOIN',
  'FORK_JOIN_DYNAMIC',
  'HTTP',
  'HUMAN',
  'INLINE',
  'JOIN',
  'JSON_JQ_TRANSFORM',
  'KAFKA_PUBLISH',
  'LAMBDA',
  'NOOP',
  'PULL_WORKFLOW_MESSAGES',
  'SET_VARIABLE',
  'START_WORKFLOW',
  'SUB_WORKFLOW',
  'SWITCH',
  'TERMINATE',
  'WAIT',
] as const

export type EngineType = (typeof engineTypes)[number]

const engine: ReadonlySet<string> = new Set(engineTypes)

/** Types of Conductor that this engine does not run yet: a start that needs one is refused. */
const unsupported: ReadonlySet<string> = new Set([
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

export function isEngineType(type: string): type is EngineType {
  return engine.has(type)
}

export function isUnsupportedType(type: string): boolean {
  return unsupported.has(type)
}
