export { parseAddress } from './address.js'
export { openPostgresStore, type PostgresOptions, PostgresStore } from './postgres-store.js'
export { postgresSchema, upgradePostgres } from './schema-status.js'
export type { PostgresStats } from './stats.js'
