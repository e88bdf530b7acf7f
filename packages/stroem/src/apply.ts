import { type Context, refuse, type Rules, type View } from '@busbar/kernel'
import type { StroemTypes } from './types.js'

export function applyCommand(_view: View<StroemTypes>, command: StroemTypes['command'], _context: Context): ReturnType<Rules<StroemTypes>['apply']> {
  return refuse('unsupported', `${command.kind} is not built yet`)
}
