/** Whether an execution that is not there is about to start. */
export const receivers = `
-- messages.ts: those to one receiver; retention.ts: removed with it
CREATE INDEX messages_by_receiver ON messages (receiver);
`
