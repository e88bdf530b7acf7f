import type { Ask, Context, View } from '@busbar/kernel'
import type { StroemTypes } from './types.js'

export function decide(_view: View<StroemTypes>, _context: Context): readonly Ask[] {
  return []
}
