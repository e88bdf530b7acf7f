/** Queues: one for each ability and set of tags that a step needs. Its name says all that the claim rule wants to know. */
import type { QueueName } from '@busbar/kernel'
import type { Action } from './definition/types.js'

export const abilities = ['script', 'docker', 'kubernetes', 'agent'] as const
export type Ability = (typeof abilities)[number]

export function isAbility(word: string): word is Ability {
  return (abilities as readonly string[]).includes(word)
}

/** What a worker says it can do. */
export interface Skills {
  readonly abilities: readonly Ability[]
  readonly tags: readonly string[]
  /** Takes only steps that need all of its tags. */
  readonly exclusive: boolean
}

/** Null for actions that the server itself runs. */
export function abilityOf(action: Action): Ability | null {
  switch (action.type) {
    case 'script':
      return action.runner === 'docker' ? 'docker' : action.runner === 'pod' ? 'kubernetes' : 'script'
    case 'docker':
      return 'docker'
    case 'pod':
      return 'kubernetes'
    case 'agent':
      return 'agent'
    case 'task':
    case 'approval':
      return null
  }
}

const prefix = 'stroem/'

/** `stroem/<ability>?<sorted tags>`. */
export function queueFor(ability: Ability, tags: readonly string[]): QueueName {
  return `${prefix}${ability}?${encodeTags(tags)}` as QueueName
}

/** Whether a worker may claim from a queue: it has the ability and every tag, and an exclusive one has no tag besides. */
export function serves(skills: Skills, queue: QueueName): boolean {
  const needed = parseQueue(queue)
  if (needed === null || !skills.abilities.includes(needed.ability)) return false
  return needed.tags.every(tag => skills.tags.includes(tag)) && (!skills.exclusive || skills.tags.every(tag => needed.tags.includes(tag)))
}

/** Polls of the same key serve the same queues. */
export function skillsKey(skills: Skills): string {
  return `${skills.exclusive ? '!' : ''}${[...skills.abilities].sort().join('+')}?${encodeTags(skills.tags)}`
}

/** What a worker of these skills takes, as the engine wants to know it. */
export function serviceOf(skills: Skills): { readonly key: string; readonly serves: (queue: QueueName) => boolean } {
  return { key: skillsKey(skills), serves: queue => serves(skills, queue) }
}

function parseQueue(queue: QueueName): { readonly ability: Ability; readonly tags: readonly string[] } | null {
  const mark = queue.indexOf('?')
  if (!queue.startsWith(prefix) || mark < 0) return null
  const ability = queue.slice(prefix.length, mark)
  const tags = queue.slice(mark + 1)
  return isAbility(ability) ? { ability, tags: tags === '' ? [] : tags.split(',').map(decodeTag) } : null
}

/** Sorted and encoded, so that no tag can look like two. An empty tag asks for nothing. */
function encodeTags(tags: readonly string[]): string {
  const encode = (tag: string) => tag.replaceAll('%', '%25').replaceAll(',', '%2C')
  return [...new Set(tags)]
    .filter(tag => tag !== '')
    .sort()
    .map(encode)
    .join(',')
}

function decodeTag(text: string): string {
  return text.replaceAll('%2C', ',').replaceAll('%25', '%')
}
