import type { Answer } from '@busbar/kernel'
import type { Evaluation, EvaluationSetting, Evaluator } from '../api.js'
import { answerRun } from '../evaluations/answer-run.mjs'
import { toAnswer, toRun } from '../evaluations/run.js'
import { defaultLimits } from '../limits.js'

/** The same sandbox on the caller's own thread: no watchdog, so for trusted code only, but the order of events is the same each time. */
export function inlineEvaluator(): Evaluator {
  return {
    async evaluate(runs: readonly Evaluation[], setting: EvaluationSetting): Promise<readonly Answer[]> {
      const answers: Answer[] = []
      for (const run of runs) answers.push(toAnswer(await answerRun(toRun(run, setting, defaultLimits))))
      return answers
    },
    stop: () => Promise.resolve(),
  }
}
