import type { JsonObject } from '@busbar/kernel'

/**
 * A start request as somebody outside may give it. The API's fields have other names: those that begin with an underscore
 * speak between the parts of the server (messages of events, schedules, test runs), and nobody else may use them.
 */
export function withoutInnerFields(request: JsonObject): JsonObject {
  if (!Object.keys(request).some(key => key.startsWith('_'))) return request
  return Object.fromEntries(Object.entries(request).filter(([key]) => !key.startsWith('_')))
}
