import type { JsonObject } from '@busbar/kernel'

export const plainWorkflow = 'workflow'

/** What kind of workflow a definition is, by its metadata. */
export function classifierOf(metadata: JsonObject): string {
  const { classifier } = metadata
  if (typeof classifier === 'string' && classifier.trim() !== '') return classifier
  return 'agent_sdk' in metadata || 'agentDef' in metadata ? 'agent' : plainWorkflow
}
