import { runInSandbox } from './sandbox.mjs'

/** @import { Run, TextAnswer } from './sandbox.mjs' */

/**
 * Runs the code in the sandbox of its language. jq is loaded when it is first needed.
 * @param {Run} run
 * @returns {Promise<TextAnswer>}
 */
export async function answerRun(run) {
  if (run.language === 'javascript') return runInSandbox(run)
  const { runJq } = await import('./jq.mjs')
  return runJq(run)
}
