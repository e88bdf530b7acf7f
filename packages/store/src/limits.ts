/** A list's total is counted no further than this beyond its page: counting millions would hold up everybody else. */
export const countedAheadMax = 10_000
