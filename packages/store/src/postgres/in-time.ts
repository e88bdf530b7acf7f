import { Problem } from '@busbar/kernel'

/** Callers hear within this, whatever the database says later. */
export const answerMsMax = 10_000

/** The answer, or a Problem when it takes too long. What was sent goes on, and may still be done. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer()), answerMsMax)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

export function noAnswer(): Problem {
  return new Problem('unavailable', `the database has not answered for ${answerMsMax / 1000} s: read before you repeat what was to be written`)
}
