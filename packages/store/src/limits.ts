/** A list's total is counted no further than this beyond its page: counting millions would hold up everybody else. */
export const countedAheadMax = 10_000
/** A snapshot that is put again is noted as used when its last note is older than this. */
export const snapshotGraceMs = 3_600_000
/** Who polled what is remembered for so many pairs of queue and worker. */
export const pollsMax = 10_000
/** Messages in one survey. */
export const surveyedMessagesMax = 1_000
/** A search looks at so many executions at most, the newest of those that indexes leave, and at so many attempts. */
export const searchedMax = 100_000
