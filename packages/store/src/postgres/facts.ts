import type { Facts } from '../facts.js'
import { mustBePlain } from '../plain-text.js'
import type { Reader } from './connection.js'

const statements = {
  read: { text: 'SELECT text FROM facts WHERE name = $1' },
  // An update that changes nothing: so the row of whoever was first is returned, however close behind it this one came.
  agree: { text: 'INSERT INTO facts AS f (name, text) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET text = f.text RETURNING text' },
  forget: { text: 'DELETE FROM facts WHERE name = $1' },
} as const

export function factsOf(reader: Reader): Facts {
  return {
    async read(name) {
      const [row] = await reader.query<{ text: string }>(statements.read, [name])
      return row?.text ?? null
    },
    async agree(name, text) {
      mustBePlain('the fact', name, text)
      const [row] = await reader.query<{ text: string }>(statements.agree, [name, text])
      return row?.text ?? text
    },
    async forget(name) {
      await reader.query(statements.forget, [name])
    },
  }
}
