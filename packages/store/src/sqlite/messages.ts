/** The outbox: a message is written by its sender's commit and removed by its taker's. */
import type { ExecutionId, Message, MessageId } from '@busbar/kernel'
import { messageFromRow, type MessageRow, partsOf } from '../message-rows.js'
import type { Database } from './driver.js'

export interface Outbox {
  put(message: Message, body: string): void
  /** False when it was taken before. */
  take(id: MessageId): boolean
  first(limit: number): readonly Message[]
  to(receiver: ExecutionId, limit: number): readonly Message[]
}

export function prepareOutbox(database: Database): Outbox {
  // Only an execution that was removed and made again under its old id can send a number twice: the newer one counts.
  const insert = database.prepare('INSERT OR REPLACE INTO messages (sender, number, receiver, body) VALUES (?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM messages WHERE sender = ? AND number = ?')
  const select = database.prepare<MessageRow>('SELECT sender, number, receiver, body FROM messages ORDER BY position LIMIT ?')
  const selectTo = database.prepare<MessageRow>('SELECT sender, number, receiver, body FROM messages WHERE receiver = ? ORDER BY position LIMIT ?')
  return {
    put({ id, to }, body) {
      const { sender, number } = partsOf(id)
      insert.run(sender, number, to, body)
    },
    take(id) {
      const { sender, number } = partsOf(id)
      return Number(remove.run(sender, number).changes) === 1
    },
    first: limit => select.all(limit).map(messageFromRow),
    to: (receiver, limit) => selectTo.all(receiver, limit).map(messageFromRow),
  }
}
