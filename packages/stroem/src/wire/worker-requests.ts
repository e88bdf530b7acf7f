/**
 * What workers of every generation send (strom-worker.md §1). The newest names capabilities and tags; one before has
 * its abilities among the tags; the oldest says `shell` where later ones say `script`, and gets its work in old words.
 */
import { isJsonObject, type Json, type JsonObject, type Refusal, refuse, type WorkerId } from '@busbar/kernel'
import { type Ability, abilities, isAbility, type Skills } from '../queues.js'

export interface Registration {
  readonly name: string
  readonly skills: Skills
  readonly version: string | null
  readonly isLegacy: boolean
}

export interface Claim {
  readonly worker: WorkerId
  readonly skills: Skills
  /** It knows the action type `shell` only: give it its work through `forLegacyWorker`. */
  readonly isLegacy: boolean
}

const known = abilities.join(', ')
const legacyAbility = 'shell'
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** `misshapen`: the body is not of the expected form at all; the wire has a status of its own for it. */
interface Misshapen {
  readonly kind: 'misshapen'
}

export function parseRegistration(body: unknown): Registration | Refusal {
  if (!isJsonObject(body)) return misshapen('a JSON object')
  if (typeof body['name'] !== 'string') return misshapen('`name`: a string')
  const given = parseSkills(body)
  if ('kind' in given) return given
  const unknown = given.capabilities.find(word => !isAbility(word) && word !== legacyAbility)
  if (unknown !== undefined) return refuse('invalid', `unknown capability '${unknown}'. Known: [${abilities.map(word => `"${word}"`).join(', ')}]`)
  const misplaced = given.isLegacy || given.capabilities.length === 0 ? undefined : given.tags.find(isAbility)
  if (misplaced !== undefined) return refuse('invalid', `\`tags\` entry '${misplaced}' is an ability token, not a taint label. Move it into \`capabilities\`.`)
  const skills = skillsOf(given)
  if (skills.abilities.length === 0) return refuse('invalid', `worker registration requires at least one capability (${known})`)
  const version = body['version']
  return { name: body['name'], skills, version: typeof version === 'string' ? version : null, isLegacy: given.isLegacy }
}

export function parseClaim(body: unknown): Claim | Refusal {
  if (!isJsonObject(body)) return misshapen('a JSON object')
  const id = body['worker_id']
  if (typeof id !== 'string') return misshapen('`worker_id`: a string')
  const given = parseSkills(body)
  if ('kind' in given) return given
  const skills = skillsOf(given)
  if (skills.abilities.length === 0) {
    return given.saysCapabilities ? refuse('invalid', `claim requires at least one capability (${known})`) : misshapen('`capabilities`: a list of strings')
  }
  if (!uuid.test(id)) return refuse('invalid', 'Invalid worker ID')
  return { worker: id.toLowerCase() as WorkerId, skills, isLegacy: given.isLegacy }
}

interface GivenSkills {
  readonly capabilities: readonly string[]
  readonly saysCapabilities: boolean
  readonly tags: readonly string[]
  readonly exclusive: boolean
  readonly isLegacy: boolean
}

function parseSkills(body: JsonObject): GivenSkills | Refusal {
  const capabilities = parseWords(body['capabilities'])
  if (capabilities === 'misshapen') return misshapen('`capabilities`: a list of strings')
  const tags = parseWords(body['tags'])
  if (tags === 'misshapen') return misshapen('`tags`: a list of strings')
  const exclusive = body['exclusive'] ?? false
  if (typeof exclusive !== 'boolean') return misshapen('`exclusive`: true or false')
  const isLegacy = capabilities.includes(legacyAbility) || (capabilities.length === 0 && tags.includes(legacyAbility))
  return { capabilities, saysCapabilities: body['capabilities'] != null, tags, exclusive, isLegacy }
}

/** Older workers have their abilities among the tags; there they are no tags. */
function skillsOf({ capabilities, tags, exclusive }: GivenSkills): Skills {
  const found = new Set<Ability>()
  for (const word of [...capabilities, ...tags]) {
    if (word === legacyAbility) found.add('script')
    else if (isAbility(word)) found.add(word)
  }
  return { abilities: [...found], tags: tags.filter(word => !isAbility(word) && word !== legacyAbility), exclusive }
}

const wordsMax = 1000
const wordCharactersMax = 1000

function parseWords(value: Json | undefined): readonly string[] | 'misshapen' {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > wordsMax) return 'misshapen'
  const words = value.filter((word): word is string => typeof word === 'string' && word.length <= wordCharactersMax)
  return words.length === value.length ? words : 'misshapen'
}

function misshapen(expected: string): Refusal {
  return refuse('invalid', `Expected ${expected}`, { kind: 'misshapen' } satisfies Misshapen)
}

/** Whether a refusal is about the form of the body. */
export function isMisshapen(refusal: Refusal): boolean {
  return isJsonObject(refusal.details) && refusal.details['kind'] === 'misshapen'
}
