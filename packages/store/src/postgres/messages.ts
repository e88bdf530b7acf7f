/** The outbox: a message is written by its sender's commit and removed by its taker's. */
import { type ExecutionId, invariant, type Message, type MessageBody } from '@busbar/kernel'

export interface MessageRow {
  readonly sender: ExecutionId
  readonly number: number
  readonly receiver: ExecutionId
  readonly body: string
}

export const messageStatements = {
  first: { name: 'messages', text: 'SELECT sender, number, receiver, body FROM messages ORDER BY position LIMIT $1' },
  to: { name: 'messages_to', text: 'SELECT sender, number, receiver, body FROM messages WHERE receiver = $1 ORDER BY position LIMIT $2' },
  left: { name: 'messages_left', text: 'SELECT sender, number, receiver, body FROM messages WHERE sent_at <= $1 ORDER BY position LIMIT $2' },
  drop: { name: 'drop_message', text: 'DELETE FROM messages WHERE sender = $1 AND number = $2' },
} as const

export function messageFromRow({ sender, number, receiver, body }: MessageRow): Message {
  return { id: `${sender}:${number}`, to: receiver, body: JSON.parse(body) as MessageBody }
}

export function partsOf(id: string): { readonly sender: string; readonly number: number } {
  const colon = id.lastIndexOf(':')
  const number = Number(id.slice(colon + 1))
  invariant(colon > 0 && Number.isSafeInteger(number), `"${id}" is no message id: expected sender:number`)
  return { sender: id.slice(0, colon), number }
}
