export { openPostgresStore, type PostgresOptions, PostgresStore } from './postgres-store.js'
export type { PostgresStats } from './stats.js'
