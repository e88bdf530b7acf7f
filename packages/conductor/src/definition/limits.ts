/** How large a definition may be. Definitions inside definitions (inline sub-workflows) count towards the same sums. */
export const definitionLimits = {
  /** Tasks within tasks: a branch of a switch inside a loop inside a fork is level 4. */
  depthMax: 64,
  tasksMax: 25_000,
} as const
