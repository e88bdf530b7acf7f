/** The outbox: a message is written by its sender's commit and removed by its taker's. */

export const messageStatements = {
  first: { name: 'messages', text: 'SELECT sender, number, receiver, body FROM messages ORDER BY position LIMIT $1' },
  to: { name: 'messages_to', text: 'SELECT sender, number, receiver, body FROM messages WHERE receiver = $1 ORDER BY position LIMIT $2' },
  left: { name: 'messages_left', text: 'SELECT sender, number, receiver, body FROM messages WHERE sent_at <= $1 ORDER BY position LIMIT $2' },
  drop: { name: 'drop_message', text: 'DELETE FROM messages WHERE sender = $1 AND number = $2' },
} as const
