import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'

/** The answer to a claim when there is nothing to do: exactly these keys. */
export const noWork: JsonObject = {
  workspace: null,
  job_id: null,
  task_name: null,
  step_name: null,
  action_name: null,
  action_type: null,
  action_image: null,
  action_spec: null,
  input: null,
  runner: null,
}

/** The same work for a worker from before `shell` became `script`: inline code was `cmd`, a file was `script`. */
export function forLegacyWorker(work: JsonObject): JsonObject {
  if (work['action_type'] !== 'script') return work
  const { script, source, ...spec } = isJsonObject(work['action_spec']) ? work['action_spec'] : {}
  const renamed: Record<string, Json | undefined> = { ...spec, type: 'shell' }
  if (script !== undefined) renamed['cmd'] = script
  if (source !== undefined) renamed['script'] = source
  return { ...work, action_type: 'shell', action_spec: renamed }
}
