import type { Attempt, View } from '@busbar/kernel'
import type { ConductorTypes, TaskData } from '../types.js'

export type ConductorView = View<ConductorTypes>
/** One try of a task: what Conductor's task list is made of. */
export type Task = Attempt<TaskData>
