import type { StroemCommand } from './commands.js'

/** The types of the dialect, as the kernel's `View` and `Rules` take them. */
export interface StroemTypes {
  readonly plan: unknown
  readonly brief: unknown
  readonly state: unknown
  readonly data: unknown
  readonly command: StroemCommand
  readonly reply: unknown
}
