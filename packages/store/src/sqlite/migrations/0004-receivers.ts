/** Whether an execution that is not there is about to start. */
export const receivers = `
CREATE INDEX messages_by_receiver
  -- messages.ts: those to one receiver; remove.ts: removed with it
  ON messages (receiver);
`
