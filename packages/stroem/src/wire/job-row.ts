import { type Execution, type ExecutionOf, invariant, type JsonObject } from '@busbar/kernel'
import type { StroemTypes } from '../types.js'
import { jobStatus } from './status.js'
import { toIsoZ } from './timestamps.js'

/** A row of `GET /api/jobs`. */
export function jobRow(execution: Execution): JsonObject {
  invariant(execution.dialect === 'stroem', `execution ${execution.id} is not a job`)
  const job = execution as ExecutionOf<StroemTypes>
  const { brief, state } = job
  return {
    job_id: job.id,
    workspace: brief.workspace,
    task_name: job.label.name,
    mode: brief.mode,
    status: jobStatus(job),
    source_type: brief.sourceType,
    source_id: brief.sourceId,
    revision: brief.revision,
    created_at: toIsoZ(job.createdAt),
    started_at: state.startedAt === null ? null : toIsoZ(state.startedAt),
    completed_at: job.endedAt === null ? null : toIsoZ(job.endedAt),
    retry_of_job_id: null,
    retry_job_id: null,
    retry_attempt: 0,
    max_retries: null,
  }
}
