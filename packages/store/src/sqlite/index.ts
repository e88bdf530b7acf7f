export type { SqliteOptions } from './connection.js'
export { openSqliteStore, type SqliteStore } from './sqlite-store.js'
export { sqliteSchema, upgradeSqlite } from './schema-status.js'
export type { SqliteStats } from './stats.js'
