export type { SqliteOptions } from './connection.js'
export { openSqliteStore, type SqliteStore } from './sqlite-store.js'
export type { SqliteStats } from './stats.js'
