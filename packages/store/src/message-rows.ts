/** Messages and their rows. The id of a message is its sender's and its number there. */
import { type ExecutionId, invariant, type Message, type MessageBody } from '@busbar/kernel'

export interface MessageRow {
  readonly sender: ExecutionId
  readonly number: number
  readonly receiver: ExecutionId
  readonly body: string
}

export function messageFromRow({ sender, number, receiver, body }: MessageRow): Message {
  return { id: `${sender}:${number}`, to: receiver, body: JSON.parse(body) as MessageBody }
}

export function partsOf(id: string): { readonly sender: string; readonly number: number } {
  const colon = id.lastIndexOf(':')
  const number = Number(id.slice(colon + 1))
  invariant(colon > 0 && Number.isSafeInteger(number), `"${id}" is no message id: expected sender:number`)
  return { sender: id.slice(0, colon), number }
}
