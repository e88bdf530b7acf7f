import type { ConductorCommand } from './commands.js'

/** The types of the dialect, as the kernel's `View` and `Rules` take them. */
export interface ConductorTypes {
  readonly plan: unknown
  readonly brief: unknown
  readonly state: unknown
  readonly data: unknown
  readonly command: ConductorCommand
  readonly reply: unknown
}
