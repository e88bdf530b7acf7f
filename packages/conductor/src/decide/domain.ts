import { queueOf } from '../queue.js'
import type { Turn } from './turn.js'

/** A domain is served when one of its workers asked for work this recently. */
const activeWorkerMs = 10_000
const noDomain = 'NO_DOMAIN'

/** The domain a worker task goes to (conductor-semantics.md §7); null: none; undefined: it must be asked first. */
export function domainOf(turn: Turn, taskType: string): string | null | undefined {
  const map = turn.view.brief.taskToDomain
  const listed = map?.[taskType] ?? map?.['*']
  if (listed === undefined) return null
  const domains = listed.split(',').map(domain => domain.trim())
  const last = domains.at(-1) ?? noDomain
  const candidates = domains.filter(domain => domain.toUpperCase() !== noDomain)
  if (candidates.length === 0) return null
  if (domains.length > 1) {
    const queues = candidates.map(domain => queueOf(taskType, domain))
    const polls = turn.answer({ key: `lastPolls:${queues.join(',')}`, kind: 'lastPolls', queues })
    if (polls === null) return undefined
    const moments = polls.ok && Array.isArray(polls.value) ? polls.value : []
    const served = candidates.find((_, index) => typeof moments[index] === 'number' && turn.now - moments[index] < activeWorkerMs)
    if (served !== undefined) return served
  }
  return last.toUpperCase() === noDomain ? null : last
}
