import { existsSync } from 'node:fs'
import { type SchemaStatus, statusOf } from '../schema-status.js'
import { connect } from './connection.js'
import { openDatabase } from './driver.js'
import { migrate, migrations, pending } from './migrate.js'

/** Looks, and changes nothing; also while a server uses the database. */
export function sqliteSchema(path: string): SchemaStatus {
  if (!existsSync(path)) return statusOf(migrations, migrations)
  const database = openDatabase(path)
  try {
    return statusOf(migrations, pending(database))
  } finally {
    database.close()
  }
}

/** Applies what is missing; returns how it was before. Throws a Problem while a server uses the database. */
export function upgradeSqlite(path: string): SchemaStatus {
  const connection = connect(path, {})
  try {
    const before = statusOf(migrations, pending(connection.database))
    migrate(connection.database)
    return before
  } finally {
    connection.close()
  }
}
