import type { Facts } from '../facts.js'
import type { FlushQueue } from '../flush-queue.js'
import { mustBePlain } from '../plain-text.js'
import type { Database } from './driver.js'

export function factsOf(queue: FlushQueue, database: Database): Facts {
  const select = database.prepare<{ text: string }>('SELECT text FROM facts WHERE name = ?')
  const insert = database.prepare('INSERT INTO facts (name, text) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const remove = database.prepare('DELETE FROM facts WHERE name = ?')
  return {
    read: name => queue.read(() => select.get(name)?.text ?? null),
    async agree(name, text) {
      mustBePlain('the fact', name, text)
      return queue.write(() => {
        insert.run(name, text)
        return select.get(name)?.text ?? text
      })
    },
    forget: name => queue.write(() => void remove.run(name)),
  }
}
