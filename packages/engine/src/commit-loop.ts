/**
 * Takes the batches of the mailboxes through decide and commit.
 *
 * C1. Nobody is answered before the commit that holds what was asked for.
 * C2. A view whose commit was refused, or is in doubt, or in which a rule threw, is thrown away.
 * C3. A batch in which something threw is taken apart, so that only the guilty letter fails.
 * C4. A commit that may or may not be written is never repeated by us: its callers hear so.
 * C5. On a shared store the kept view may be old. A commit proves that it was not; a refusal, or an answer that needs no
 *     commit, is given only by a view that was read for it.
 */
import { type Changes, type ExecutionId, type Instant, isRefusal, type Message, Problem, type QueueName } from '@busbar/kernel'
import type { CommitResult, Store } from '@busbar/store'
import type { Clock, EngineLimits, EngineLog, Work } from './api.js'
import type { HeldPoll } from './held-poll.js'
import type { InFlight } from './in-flight.js'
import type { Batches, Mailbox } from './inbox.js'
import { type Letter, nobody, takenBefore } from './letters.js'
import { isSpoilt, Turn, type TurnParts } from './turn.js'
import { snapshotOf, type Views } from './views.js'
import type { News } from './watchers.js'

/** Who hears of a commit. */
export interface Outlets {
  readonly deliver: (poll: HeldPoll, work: Work) => void
  readonly withdraw: (poll: HeldPoll) => void
  readonly stock: (queue: QueueName) => void
  readonly due: (id: ExecutionId, due: Instant | null, isChanged: boolean) => void
  readonly send: (messages: readonly Message[]) => void
  /** `isNew`: the commit made the execution, so nobody can have known it before. */
  readonly tell: (id: ExecutionId, news: News, isNew: boolean) => void
  /** The decision is not finished: the execution gets another turn, after others had theirs. */
  readonly again: (id: ExecutionId) => void
}

export interface CommitParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: EngineLog
  readonly chance: () => number
  readonly limits: EngineLimits
  readonly views: Views
  readonly inFlight: InFlight
  readonly turn: TurnParts
  /** What was kept of definitions may be old. */
  readonly doubtDefinitions: () => void
  readonly outlets: Outlets
}

const staleTriesMax = 8
/** Each time somebody else got on: hundreds of others would have to come first. */
const sharedTriesMax = 200
const yieldTurnsMax = 16
const lettersPerCommitMax = 1_000
const loggedLetterCharsMax = 2_000

export class CommitLoop implements Batches {
  readonly #parts: CommitParts

  constructor(parts: CommitParts) {
    this.#parts = parts
  }

  async work(box: Mailbox): Promise<void> {
    const letters = box.take(lettersPerCommitMax)
    const first = letters[0]
    if (first?.body.kind === 'remove') await this.#remove(box, first)
    else await this.#together(box, letters)
  }

  async #together(box: Mailbox, letters: readonly Letter[]): Promise<void> {
    try {
      const result = await this.#commit(box, letters)
      if (result === 'written') return
      if (letters.length === 1 && result === 'taken') return this.#settleAll(letters, takenBefore)
      // Taken apart, the letters would only get into each other's way.
      if (result === 'stale') throw new Problem('unavailable', `execution ${box.id} was changed by others each time this was decided; send it again`)
    } catch (error) {
      this.#logFailure(box, letters, error)
      if (letters.length === 1 || isOfAll(error)) return this.#failAll(letters, error)
    }
    for (const letter of letters) await this.#together(box, [letter])
  }

  /** Stale: others changed the execution each time. Unless it is written, nothing is. */
  async #commit(box: Mailbox, letters: readonly Letter[]): Promise<CommitResult> {
    const chance = this.#parts.chance()
    let mayHandOff = true
    const triesMax = this.#parts.store.sharing ? sharedTriesMax : staleTriesMax
    for (let tries = 0; tries < triesMax; tries++) {
      if (tries > 1) await this.#yield(tries)
      const turn = new Turn(this.#parts.turn, box, { chance, mayInsert: tries === 0, mayHandOff })
      try {
        await turn.run(letters)
        const changes = this.#changesOf(turn)
        if (!this.#isDoubtful(turn, letters, changes)) {
          const result = changes === null ? 'written' : await this.#write(changes)
          if (result === 'written') {
            this.#publish(turn, letters, changes)
            return result
          }
          if (result === 'taken') {
            this.#withdraw(turn)
            return result
          }
        }
      } catch (error) {
        this.#withdraw(turn)
        // A rule may well break over an old view (C5).
        if ((turn.isFromCache || turn.basis.isKept) && this.#parts.store.sharing && !isOfAll(error)) {
          this.#parts.doubtDefinitions()
          continue
        }
        if (!turn.isHandingOff) throw error
        // Work that cannot be made is no fault of the letters: what they open stays in its queue, and its claim fails.
        this.#logFailure(box, letters, error)
        mayHandOff = false
        continue
      }
      this.#withdraw(turn)
      if (turn.basis.isKept) this.#parts.doubtDefinitions()
    }
    return 'stale'
  }

  /** Servers that collide again and again step aside for a random while: some turns of the event loop. */
  async #yield(tries: number): Promise<void> {
    const { clock, chance } = this.#parts
    for (let turns = Math.floor(chance() * Math.min(tries, yieldTurnsMax)); turns > 0; turns--) {
      await new Promise<void>(resolve => void clock.wakeAt(clock.now(), resolve))
    }
  }

  #changesOf({ view, basis }: Turn): Changes | null {
    if (!view?.isChanged) return null
    if (!this.#parts.store.sharing) return view.takeChanges()
    view.raise()
    return { ...view.takeChanges(), definitionsEpoch: basis.epoch }
  }

  /** What was decided from a kept view, and what no commit will prove (C5). The next try reads the store. */
  #isDoubtful(turn: Turn, letters: readonly Letter[], changes: Changes | null): boolean {
    if (!this.#parts.store.sharing) return false
    if (turn.basis.isKept && (changes === null || turn.answers.some(isNo))) return true
    if (!turn.isFromCache) return false
    // A claim comes with the attempt as it is stored now.
    return changes === null ? letters.some(({ body }, index) => body.kind !== 'claimed' || isNo(turn.answers[index])) : turn.answers.some(isNo)
  }

  async #write(changes: Changes): Promise<CommitResult> {
    try {
      return await this.#parts.store.commit(changes)
    } catch (error) {
      throw error instanceof Problem
        ? error
        : new Problem('unavailable', 'the store did not say whether it wrote the decision; read before you repeat it', { cause: error })
    }
  }

  // ── After the commit ──

  /** Never throws: what is written is written. */
  #publish(turn: Turn, letters: readonly Letter[], changes: Changes | null): void {
    const { outlets, views } = this.#parts
    const { view, id } = turn
    if (view) {
      if (changes) view.committed()
      if (turn.age === views.age) views.put(view)
    }
    const isNew = changes?.version === 0
    for (const [index, letter] of letters.entries()) this.#settle(letter, turn.answers[index])
    try {
      for (const { poll, work } of turn.reservations) {
        if (work) outlets.deliver(poll, work)
        else outlets.withdraw(poll)
      }
      for (const queue of turn.left) outlets.stock(queue)
      if (view) outlets.due(id, view.due, changes !== null)
      if (changes && changes.sent.length > 0) outlets.send(changes.sent)
      if (changes && view) outlets.tell(id, { ended: view.isTerminal }, isNew)
      if (turn.isUnfinished) outlets.again(id)
    } catch (error) {
      this.#parts.log.error('news of a commit not passed on', { execution: id, error })
    }
  }

  #withdraw(turn: Turn): void {
    for (const { poll } of turn.reservations) this.#parts.outlets.withdraw(poll)
  }

  #settle(letter: Letter, answer: unknown): void {
    letter.settle(answer)
    this.#parts.inFlight.end()
  }

  #settleAll(letters: readonly Letter[], answer: unknown): void {
    for (const letter of letters) this.#settle(letter, answer)
  }

  #failAll(letters: readonly Letter[], error: unknown): void {
    for (const letter of letters) {
      letter.fail(error)
      this.#parts.inFlight.end()
    }
  }

  async #remove(box: Mailbox, letter: Letter): Promise<void> {
    this.#parts.views.drop(box.id)
    try {
      this.#settle(letter, await this.#parts.store.remove(box.id))
      this.#parts.outlets.tell(box.id, { ended: true }, false)
    } catch (error) {
      this.#failAll([letter], error)
    }
  }

  show(box: Mailbox): void {
    if (box.readers.length === 0) return
    const readers = box.readers
    box.readers = []
    const view = this.#parts.views.peek(box.id)
    for (const read of readers) read(view && snapshotOf(view))
  }

  #logFailure(box: Mailbox, letters: readonly Letter[], error: unknown): void {
    const { log } = this.#parts
    const fields = { execution: box.id, letters: letters.length, error }
    if (error instanceof Problem) log.warn('batch not committed', fields)
    else log.error('a rule threw', { ...fields, first: describe(letters[0]) })
  }
}

function isNo(answer: unknown): boolean {
  return answer === null || answer === false || answer === nobody || isRefusal(answer) || isSpoilt(answer)
}

/** The store is in trouble, or may have written: neither is the fault of one letter. */
function isOfAll(error: unknown): boolean {
  return error instanceof Problem && error.code === 'unavailable'
}

function describe(letter: Letter | undefined): string {
  return JSON.stringify(letter?.body ?? null).slice(0, loggedLetterCharsMax)
}
