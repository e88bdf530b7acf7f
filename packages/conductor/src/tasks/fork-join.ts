import type { TaskRule } from '../decide/mapping.js'

/** Opens the first task of every branch, and the join that gathers them. */
export const forkJoin: TaskRule = {
  isBuiltIn: true,
  schedule(mapping, place) {
    const { node, suffix } = place
    const { task } = node
    mapping.add(place, { type: 'FORK', input: mapping.input(node), how: 'engine', closed: 'completed' })
    for (const branch of task.forkTasks) mapping.scheduleFrom(branch[0]?.taskReferenceName ?? null, suffix)
    const join = mapping.joinAfter(place)
    if (join === null) return mapping.fail('Fork task definition is not followed by a join task.  Check the blueprint')
    mapping.schedule({ node: join, suffix })
  },
}
