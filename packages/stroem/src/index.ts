export type { StroemCommand } from './commands.js'
export type { StroemTypes } from './types.js'
