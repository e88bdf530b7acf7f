/**
 * Messages between executions. They were written with the decision that sent them; here they are carried.
 *
 * M1. A message leaves the outbox in the commit of whoever takes it, so it is taken once, whatever crashes.
 * M2. In one process a message is carried by one carrier at a time (`#carried`), and a sweep that read the outbox
 *     before a message was taken does not carry it again (`#takenMeanwhile`).
 *     Several servers may carry the same message: the store lets one take it, the others hear that it is gone.
 * M3. A start that is refused is told to the parent in the commit that removes the start from the outbox.
 * M4. A command waits for the start of its receiver while that is in the outbox: whoever carries it may be late, or gone.
 * M5. Who asks for an execution whose start is in the outbox is not told that it does not exist: its parent names it already.
 */
import { type ExecutionId, isRefusal, type JsonObject, type Message, type MessageBody, type MessageId, type Refusal } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { EngineLog } from './api.js'
import type { Inbox } from './inbox.js'
import { type LetterBody, nobody } from './letters.js'

type StartBody = Extract<MessageBody, { kind: 'start' }>

export interface MessageParts {
  readonly store: Store
  readonly log: EngineLog
  readonly inbox: () => Inbox
  /** Something was left in the outbox: sweep again before long. */
  readonly onLeft: () => void
}

const pageSize = 1_000

export class Messages {
  readonly #parts: MessageParts
  readonly #carried = new Map<MessageId, Promise<boolean>>()
  #takenMeanwhile: Set<MessageId> | null = null
  #isStopping = false

  constructor(parts: MessageParts) {
    this.#parts = parts
  }

  /** After `stop` messages stay in the outbox for the next start. */
  stop(): void {
    this.#isStopping = true
  }

  deliver(messages: readonly Message[]): void {
    for (const message of messages) void this.#carry(message)
  }

  /** Carries what a survey found: messages of a server that is gone, or that failed to carry them. */
  async carryLeft(messages: readonly Message[]): Promise<void> {
    await Promise.all(messages.filter(({ id }) => !this.#carried.has(id)).map(message => this.#carry(message)))
  }

  /** Carries what is left in the outbox; returns how many messages were taken. */
  async sweep(): Promise<number> {
    let count = 0
    const failed = new Set<MessageId>()
    while (!this.#isStopping) {
      const fresh = (await this.#read(failed)).filter(message => !this.#carried.has(message.id))
      if (fresh.length === 0) return count
      const taken = await Promise.all(fresh.map(message => this.#carry(message)))
      for (const [index, message] of fresh.entries()) {
        if (taken[index]) count += 1
        else failed.add(message.id)
      }
    }
    return count
  }

  async #read(failed: ReadonlySet<MessageId>): Promise<Message[]> {
    const takenMeanwhile = new Set<MessageId>()
    this.#takenMeanwhile = takenMeanwhile
    try {
      const stored = await this.#parts.store.messages(pageSize + this.#carried.size + failed.size)
      return stored.filter(message => !failed.has(message.id) && !takenMeanwhile.has(message.id))
    } finally {
      this.#takenMeanwhile = null
    }
  }

  /** M5. Null: no start of it is in the outbox; else resolves with whether it has left the outbox. */
  async carryStartOf(id: ExecutionId): Promise<boolean | null> {
    const start = await this.#startOf(id)
    return start && this.#carry(start)
  }

  async #startOf(id: ExecutionId): Promise<Message | null> {
    const waiting = await this.#parts.store.messagesTo(id, pageSize)
    return waiting.find(({ body }) => body.kind === 'start') ?? null
  }

  /** Resolves with true when the message has left the outbox. */
  #carry(message: Message): Promise<boolean> {
    if (this.#isStopping) return Promise.resolve(false)
    const under = this.#carried.get(message.id)
    if (under) return under
    const carried = this.#carryNow(message)
    this.#carried.set(message.id, carried)
    return carried
  }

  #carryNow(message: Message): Promise<boolean> {
    return new Promise(resolve => {
      const end = (isTaken: boolean) => {
        this.#carried.delete(message.id)
        if (isTaken) this.#takenMeanwhile?.add(message.id)
        else this.#parts.onLeft()
        resolve(isTaken)
      }
      this.#carryTo(message, end)
    })
  }

  #carryTo(message: Message, end: (isTaken: boolean) => void): void {
    const { body } = message
    if (body.kind === 'start') this.#start(message, body, end)
    else this.#post(message.to, { kind: 'command', command: commandOf(body.command), message: message.id }, message, end)
  }

  #start(message: Message, body: StartBody, end: (isTaken: boolean) => void): void {
    const { dialect, request, parent, command } = body
    this.#parts.inbox().post(message.to, {
      body: { kind: 'start', dialect, request, parent, message: message.id, command: command && commandOf(command) },
      settle: answer => (isRefusal(answer) ? this.#refused(message, body, answer, end) : end(true)),
      fail: error => this.#left(message, error, end),
    })
  }

  #refused(message: Message, { parent }: StartBody, refusal: Refusal, end: (isTaken: boolean) => void): void {
    if (!parent) return this.#drop(message, `start refused: ${refusal.message}`, end)
    const command = { kind: 'childRefused', attempt: parent.attempt, child: message.to, reason: refusal.message }
    this.#post(parent.execution, { kind: 'command', command, message: message.id }, message, end)
  }

  #post(to: ExecutionId, body: LetterBody, message: Message, end: (isTaken: boolean) => void): void {
    this.#parts.inbox().post(to, {
      body,
      settle: answer => {
        if (answer === nobody) return void this.#withoutReceiver(message, end)
        if (isRefusal(answer)) this.#parts.log.info('message refused by its receiver', { message: message.id, to, reason: answer.message })
        end(true)
      },
      fail: error => this.#left(message, error, end),
    })
  }

  /** The receiver may be about to start (M4), or is gone for good. */
  async #withoutReceiver(message: Message, end: (isTaken: boolean) => void): Promise<void> {
    try {
      const start = await this.#startOf(message.to)
      if (!start) return this.#drop(message, 'its receiver does not exist', end)
      if (await this.#carry(start)) this.#carryTo(message, end)
      else end(false)
    } catch (error) {
      this.#left(message, error, end)
    }
  }

  #drop(message: Message, why: string, end: (isTaken: boolean) => void): void {
    this.#parts.log.warn('message dropped', { message: message.id, to: message.to, why })
    this.#parts.store.dropMessage(message.id).then(
      () => end(true),
      (error: unknown) => this.#left(message, error, end),
    )
  }

  #left(message: Message, error: unknown, end: (isTaken: boolean) => void): void {
    this.#parts.log.error('message left in the outbox', { message: message.id, to: message.to, error })
    end(false)
  }
}

/** Dialects send what they understand; what has no kind is refused by their `apply`. */
function commandOf(command: JsonObject): { readonly kind: string } {
  return { ...command, kind: typeof command['kind'] === 'string' ? command['kind'] : '' }
}
