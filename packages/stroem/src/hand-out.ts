import type { Attempt, Context, HandOut, View } from '@busbar/kernel'
import type { StepData, StroemTypes } from './types.js'

export function handOut(_view: View<StroemTypes>, _attempt: Attempt<StepData>, _context: Context): HandOut {
  return { kind: 'spoiled' }
}
