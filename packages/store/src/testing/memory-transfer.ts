import { attemptIdOf, type DefinitionId, type ExecutionId, instant, type Instant } from '@busbar/kernel'
import { alreadyThere, keyAfter, type PageKey, pageOf, withoutOwner } from '../transfer-page.js'
import type { RecordKind, RecordPage, Records, Transfer } from '../transfer.js'
import { putAttempt } from './memory-attempts.js'
import { definitionKeyOf, putDefinition, putWorker } from './memory-books.js'
import { putMessage } from './memory-executions.js'
import type { Access } from './memory-sharing.js'
import { jsonCopyOf, type MemoryState } from './memory-state.js'

interface Entry<Kind extends RecordKind> {
  readonly key: PageKey
  readonly record: Records[Kind]
}

interface Shelf<Kind extends RecordKind> {
  /** The types of the key's parts. */
  readonly key: readonly ('string' | 'number')[]
  all(state: MemoryState): Iterable<Entry<Kind>>
  has(state: MemoryState, record: Records[Kind]): boolean
  /** What no two records have in common. */
  nameOf(record: Records[Kind]): string
  /** What has to be there first. */
  readonly owner?: { readonly kind: RecordKind; has(state: MemoryState, record: Records[Kind]): boolean }
  put(state: MemoryState, record: Records[Kind], now: Instant): void
}

const neverPut = instant(0)
const ownerExecution = {
  kind: 'execution',
  has: (state: MemoryState, { execution }: { readonly execution: ExecutionId }) => state.executions.has(execution),
} as const

const shelves: { readonly [Kind in RecordKind]: Shelf<Kind> } = {
  snapshot: {
    key: ['string'],
    *all({ snapshots }) {
      for (const [id, { text }] of snapshots) yield { key: [id], record: { id, text } }
    },
    nameOf: ({ id }) => id,
    has: ({ snapshots }, { id }) => snapshots.has(id as DefinitionId),
    put: ({ snapshots }, { id, text }) => void snapshots.set(id as DefinitionId, { text, usedAt: neverPut }),
  },
  definition: {
    key: ['string', 'string', 'string', 'number'],
    *all({ definitions }) {
      for (const one of definitions.values()) yield { key: [one.kind, one.namespace, one.name, one.version], record: one }
    },
    nameOf: ({ kind, namespace, name, version }) => definitionKeyOf(kind, namespace, name, version),
    has: ({ definitions }, { kind, namespace, name, version }) => definitions.has(definitionKeyOf(kind, namespace, name, version)),
    put: putDefinition,
  },
  worker: {
    key: ['string'],
    *all({ workers }) {
      for (const one of workers.values()) yield { key: [one.id], record: one }
    },
    nameOf: ({ id }) => id,
    has: ({ workers }, { id }) => workers.has(id),
    put: putWorker,
  },
  execution: {
    key: ['string'],
    *all({ executions }) {
      for (const [id, { attempts: _attempts, logs: _logs, reworked: _reworked, ...record }] of executions) yield { key: [id], record }
    },
    nameOf: ({ execution }) => execution.id,
    has: ({ executions }, { execution }) => executions.has(execution.id),
    put: ({ executions }, record) => void executions.set(record.execution.id, { ...record, reworked: 0, attempts: new Map(), logs: [] }),
  },
  attempt: {
    key: ['string', 'number'],
    *all({ executions }) {
      for (const [execution, { attempts }] of executions)
        for (const attempt of attempts.values()) yield { key: [execution, attempt.ordinal], record: { execution, attempt } }
    },
    nameOf: ({ execution, attempt }) => attemptIdOf(execution, attempt.ordinal),
    has: ({ executions }, { execution, attempt }) => executions.get(execution)?.attempts.has(attempt.ordinal) ?? false,
    owner: ownerExecution,
    put(state, { execution, attempt }) {
      const row = state.executions.get(execution)
      if (row) putAttempt(state, row, { ...attempt, id: attemptIdOf(execution, attempt.ordinal) })
    },
  },
  log: {
    key: ['string', 'number'],
    *all({ executions }) {
      for (const [execution, { logs }] of executions) for (const chunk of logs) yield { key: [execution, chunk.first], record: { execution, ...chunk } }
    },
    nameOf: ({ execution, first }) => `${execution} ${first}`,
    has: ({ executions }, { execution, first, lines }) =>
      executions.get(execution)?.logs.some(chunk => chunk.first < first + lines.length && first < chunk.first + chunk.lines.length) ?? false,
    owner: ownerExecution,
    put: ({ executions }, { execution, ...chunk }) => void executions.get(execution)?.logs.push(chunk),
  },
  message: {
    key: ['number'],
    *all({ messages }) {
      for (const { message, position } of messages.values()) yield { key: [position], record: message }
    },
    nameOf: ({ id }) => id,
    has: ({ messages }, { id }) => messages.has(id),
    put: putMessage,
  },
}

export class MemoryTransfer implements Transfer {
  readonly #access: Access
  readonly #now: () => Instant

  constructor(access: Access, now: () => Instant) {
    this.#access = access
    this.#now = now
  }

  async read<Kind extends RecordKind>(kind: Kind, after: string | null, limit: number): Promise<RecordPage<Kind>> {
    const shelf: Shelf<Kind> = shelves[kind]
    const key = keyAfter(after, shelf.key)
    return this.#access.read(state => {
      const entries = [...shelf.all(state)].filter(entry => key === null || inOrder(entry.key, key) > 0).sort((a, b) => inOrder(a.key, b.key))
      return pageOf<Kind, Entry<Kind>>(
        entries,
        limit,
        ({ record }) => jsonCopyOf(record),
        entry => entry.key,
      )
    })
  }

  async write<Kind extends RecordKind>(kind: Kind, records: readonly Records[Kind][]): Promise<void> {
    const shelf: Shelf<Kind> = shelves[kind]
    const copies = jsonCopyOf(records)
    return this.#access.write(state => {
      const names = new Set<string>()
      for (const record of copies) {
        if (shelf.has(state, record) || names.size === names.add(shelf.nameOf(record)).size) throw alreadyThere(kind)
        if (shelf.owner && !shelf.owner.has(state, record)) throw withoutOwner(kind, shelf.owner.kind)
      }
      for (const record of copies) shelf.put(state, record, this.#now())
    })
  }

  count(kind: RecordKind): Promise<number> {
    const shelf: Pick<Shelf<RecordKind>, 'all'> = shelves[kind]
    return this.#access.read(state => [...shelf.all(state)].length)
  }
}

/** As the databases order: texts by their bytes in UTF-8. */
function inOrder(a: PageKey, b: PageKey): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? ''
    const order = typeof part === 'number' ? part - Number(other) : Buffer.compare(Buffer.from(part), Buffer.from(String(other)))
    if (order !== 0) return order
  }
  return 0
}
