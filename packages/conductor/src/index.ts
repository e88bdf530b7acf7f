export type { ConductorCommand, ResultStatus, UpdateReply } from './commands.js'
export type { ConductorTypes } from './types.js'
