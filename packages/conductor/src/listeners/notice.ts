/**
 * What a listener outside is told of a workflow: an execution of one task that posts it or publishes it, and tries again when
 * that failed. So it is not lost, and the workflow does not wait for it.
 */
import { isJsonObject, type JsonObject, type StartPlan } from '@busbar/kernel'
import { snapshotOf } from '../definition/snapshot.js'
import { parseWorkflowDef } from '../definition/parse-workflow-def.js'
import type { WorkflowDef } from '../definition/types.js'
import type { ConductorTypes } from '../types.js'

export interface Notice {
  /** An address that it is posted to, or a sink of a broker. */
  readonly to: { readonly kind: 'webhook'; readonly url: string } | { readonly kind: 'sink'; readonly sink: string }
  readonly workflow: string
  readonly workflowId: string
  readonly payload: JsonObject
}

/** Lists of workflows leave it out. */
export const noticeNamespace = 'notice'

const requestKey = '_notice'

export function noticeRequest(notice: Notice): JsonObject {
  return { [requestKey]: { ...notice } }
}

/** Null: the request is for something else. */
export function planNotice(request: JsonObject): StartPlan<ConductorTypes> | null {
  const given = request[requestKey]
  if (!isJsonObject(given)) return null
  // Made by `noticeRequest`.
  const { to, workflow, workflowId, payload } = given as unknown as Notice
  return {
    kind: 'create',
    label: { namespace: noticeNamespace, name: workflow, version: '1', handle: workflowId, source: 'listener' },
    definition: to.kind === 'webhook' ? snapshots.webhook() : snapshots.sink(),
    brief: { input: to.kind === 'webhook' ? { url: to.url, payload } : { sink: to.sink, payload } },
    state: { variables: {} },
  }
}

/** For about three hours. */
const taskDefinition = {
  name: 'notice',
  retryCount: 12,
  retryLogic: 'EXPONENTIAL_BACKOFF',
  retryDelaySeconds: 5,
  backoffScaleFactor: 1,
  maxRetryDelaySeconds: 3_600,
  timeoutSeconds: 0,
  responseTimeoutSeconds: 0,
}

const post = {
  type: 'HTTP',
  inputParameters: {
    http_request: { uri: '${workflow.input.url}', method: 'POST', body: '${workflow.input.payload}', connectionTimeOut: 10_000, readTimeOut: 10_000 },
  },
}
const publish = { type: 'EVENT', sink: '${workflow.input.sink}', inputParameters: {} }

const snapshots = { webhook: onceSnapshotOf(post), sink: onceSnapshotOf(publish) }

/** The same for all notices of a kind. */
function onceSnapshotOf(task: JsonObject): () => string {
  let text: string | undefined
  return () => {
    const tasks = [{ name: 'notice', taskReferenceName: 'notice', taskDefinition, ...task }]
    // It is written here, so it parses.
    text ??= snapshotOf(parseWorkflowDef({ name: 'notice', version: 1, tasks }) as WorkflowDef, new Map())
    return text
  }
}
