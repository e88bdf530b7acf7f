import type { DialectName, ExecutionId, ExecutionStatus } from '@busbar/kernel'
import type { Database } from './driver.js'
import type { Tallies } from './tallies.js'

/**
 * Deletes an execution with its attempts, its logs and the messages to it. Messages from it stay: they are news that
 * others wait for. The outbox has no index by receiver because it is nearly empty: it holds what is on its way.
 */
export function prepareRemove(database: Database, tallies: Tallies): (id: ExecutionId) => boolean {
  const execution = database.prepare<{ dialect: DialectName; status: ExecutionStatus }>('DELETE FROM executions WHERE id = ? RETURNING dialect, status')
  const brief = database.prepare('DELETE FROM execution_briefs WHERE execution_id = ?')
  const attempts = database.prepare('DELETE FROM attempts WHERE execution_id = ?')
  const logs = database.prepare('DELETE FROM logs WHERE execution_id = ?')
  const messages = database.prepare('DELETE FROM messages WHERE receiver = ?')
  return id => {
    const [removed] = execution.all(id)
    if (!removed) return false
    for (const statement of [brief, attempts, logs, messages]) statement.run(id)
    tallies.move(removed.dialect, removed.status, null)
    return true
  }
}
