/** News as they travel: what waits to be told, in pieces of the size that a NOTIFY takes. */
import type { ExecutionId, QueueName } from '@busbar/kernel'
import type { ChangedExecution, News } from '../sharing.js'

/** `h`: hello, who is there? `a`: I am. `l`: some of my news were lost. Else news. */
export interface Payload {
  readonly f: string
  readonly k?: 'h' | 'a' | 'l'
  readonly q?: readonly QueueName[]
  readonly c?: readonly ExecutionId[]
  /** Changed and ended. */
  readonly e?: readonly ExecutionId[]
  readonly l?: readonly ExecutionId[]
  readonly w?: 1
  readonly d?: 1
  readonly s?: 1
}

/** PostgreSQL takes payloads below 8,000 bytes. */
export const payloadBytesMax = 7_900
/** For the braces, the names of the lists, and the flags. */
const frameBytes = 60
/** What waits at most; beyond it the others hear that something was lost. */
const toldMax = 20_000

/** What waits to be told, each thing once. */
export class NewsBag {
  #stocked = new Set<QueueName>()
  /** Whether it has ended. */
  #changed = new Map<ExecutionId, boolean>()
  #logged = new Set<ExecutionId>()
  #workers = false
  #definitions = false
  #surveyed = false
  #hello = false
  #answer = false
  #isLost = false

  get isEmpty(): boolean {
    return this.#size === 0 && !this.#hasFlags && !this.#hello && !this.#answer && !this.#isLost
  }

  get #hasFlags(): boolean {
    return this.#workers || this.#definitions || this.#surveyed
  }

  get #size(): number {
    return this.#stocked.size + this.#changed.size + this.#logged.size
  }

  add({ stocked = [], changed = [], logged = [], workers, definitions, surveyed }: News): void {
    this.#workers ||= workers === true
    this.#definitions ||= definitions === true
    this.#surveyed ||= surveyed === true
    if (this.#isLost) return
    for (const queue of stocked) this.#stocked.add(queue)
    for (const { id, ended } of changed) this.#changed.set(id, ended || this.#changed.get(id) === true)
    for (const id of logged) this.#logged.add(id)
    if (this.#size > toldMax) this.lose()
  }

  /** What waits need not be told: who hears that something was lost looks at everything. */
  lose(): void {
    this.#isLost = true
    this.#stocked = new Set()
    this.#changed = new Map()
    this.#logged = new Set()
  }

  greet(): void {
    this.#hello = true
  }

  answer(): void {
    this.#answer = true
  }

  /** Everything, as payloads. */
  take(from: string): readonly string[] {
    const changed = [...this.#changed]
    const ids = (isEnded: boolean) => changed.filter(([, ended]) => ended === isEnded).map(([id]) => id)
    const lists = { c: ids(false), e: ids(true), l: [...this.#logged], q: [...this.#stocked] }
    const { payloads, isWhole } = piecesOf(from, lists)
    const flags = { ...(this.#workers ? { w: 1 } : {}), ...(this.#definitions ? { d: 1 } : {}), ...(this.#surveyed ? { s: 1 } : {}) }
    if (this.#hasFlags) payloads.push(JSON.stringify({ f: from, ...flags }))
    // A hello says that somebody is there, as an answer does.
    if (this.#hello) payloads.unshift(JSON.stringify({ f: from, k: 'h' }))
    else if (this.#answer) payloads.unshift(JSON.stringify({ f: from, k: 'a' }))
    if (this.#isLost || !isWhole) payloads.push(JSON.stringify({ f: from, k: 'l' }))
    this.#stocked = new Set()
    this.#changed = new Map()
    this.#logged = new Set()
    this.#workers = this.#definitions = this.#surveyed = this.#hello = this.#answer = this.#isLost = false
    return payloads
  }
}

/** Not whole: a name is too large for any payload. */
function piecesOf(from: string, lists: Readonly<Record<'c' | 'e' | 'l' | 'q', readonly string[]>>): { payloads: string[]; isWhole: boolean } {
  const payloads: string[] = []
  const most = payloadBytesMax - frameBytes - Buffer.byteLength(JSON.stringify(from))
  let piece: Record<string, string[]> = {}
  let size = 0
  let isWhole = true
  const end = () => {
    if (size > 0) payloads.push(JSON.stringify({ f: from, ...piece }))
    piece = {}
    size = 0
  }
  for (const [kind, list] of Object.entries(lists)) {
    for (const each of list) {
      const cost = Buffer.byteLength(JSON.stringify(each)) + 1
      if (cost > most) {
        isWhole = false
        continue
      }
      if (size + cost > most) end()
      const told = (piece[kind] ??= [])
      told.push(each)
      size += cost
    }
  }
  end()
  return { payloads, isWhole }
}

export function parsed(text: string | undefined): Payload | null {
  try {
    // Written by `take` of another server; whoever else writes to the channel is passed over.
    const payload = JSON.parse(text ?? '') as Payload | null
    return typeof payload === 'object' && payload !== null && typeof payload.f === 'string' ? payload : null
  } catch {
    return null
  }
}

export function newsOf({ q = [], c = [], e = [], l = [], w, d, s }: Payload): News {
  const changed: ChangedExecution[] = [...c.map(id => ({ id, ended: false })), ...e.map(id => ({ id, ended: true }))]
  return { stocked: q, changed, logged: l, ...(w ? { workers: true } : {}), ...(d ? { definitions: true } : {}), ...(s ? { surveyed: true } : {}) }
}
