/** What the outside tells a job. JSON only. Steps are named, as on the wire; loop instances are `name[index]`. */
import type { ChildNews, CommonCommand, Json, JsonObject, WorkerId } from '@busbar/kernel'

export type StroemCommand =
  | CommonCommand
  | ChildNews
  /** The worker begins to run a step it claimed (strom-worker.md §6.4). Refused as conflict when it names a lease that is over. */
  | { readonly kind: 'begin'; readonly step: string; readonly worker: WorkerId | null; readonly lease?: string }
  /** The worker's report (§6.5). Accepted only while the step runs; anything later is ignored, or refused as conflict when it names a lease. Reply: null. */
  | {
      readonly kind: 'complete'
      readonly step: string
      readonly exitCode: number | null
      readonly output: Json
      readonly error: string | null
      readonly lease?: string
    }
  /** Refused as conflict when the job has ended. */
  | { readonly kind: 'cancel'; readonly by: string }
  | {
      readonly kind: 'approve'
      readonly step: string
      readonly approved: boolean
      readonly input: JsonObject | null
      readonly reason: string | null
      readonly by: string
    }
  | { readonly kind: 'completeJob'; readonly output: Json }
  /** A hook of this job failed. */
  | { readonly kind: 'hookFailed'; readonly hook: string; readonly error: string }
  /** The worker gave its step back without running it: it is claimable again. */
  | { readonly kind: 'release'; readonly step: string; readonly worker: WorkerId }
