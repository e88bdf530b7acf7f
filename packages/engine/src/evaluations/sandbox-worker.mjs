/** The thread of the sandbox: it gets the runs of one decision in one message. */
import { answerRun } from './answer-run.mjs'

/** @import { Run, TextAnswer } from './sandbox.mjs' */

/**
 * Answers as many runs as begin before the deadline of one; the rest is sent again. So a message never takes longer than
 * twice the deadline, which is when the watchdog bites, unless one run takes that long all by itself.
 * @param {{ runs: readonly Run[], deadlineMs: number }} batch
 * @returns {Promise<TextAnswer[]>}
 */
export default async function answerRuns({ runs, deadlineMs }) {
  const begun = Date.now()
  /** @type {TextAnswer[]} */
  const answers = []
  for (const run of runs) {
    if (answers.length > 0 && Date.now() - begun > deadlineMs) break
    answers.push(await answerRun(run))
  }
  return answers
}
