/** Which store an address means; the one place that names the adapters. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Problem } from '@busbar/kernel'
import type { Blobs, SchemaStatus, Store } from '@busbar/store'
import { openFileBlobs } from '@busbar/store/files'
import { openPostgresStore, parseAddress, type PostgresOptions, postgresSchema, upgradePostgres } from '@busbar/store/postgres'
import { openSqliteStore, sqliteSchema, upgradeSqlite } from '@busbar/store/sqlite'
import { refuseHalfCopy } from './copy/half-copy.js'

export interface StoreOptions extends PostgresOptions {
  /** True: also one into which a copy was begun and not finished. For whoever finishes it. */
  readonly mayBeHalfCopied?: boolean
  /** True: a file that is not there is an error, not a new database. */
  readonly mustExist?: boolean
}

const schemes = 'postgres://user:password@host:port/database, sqlite:<path>, or a path'

/**
 * Opens what `address` names: `postgres://…` a PostgreSQL database, `sqlite:<path>` or a path the embedded one. Throws a Problem
 * that says what is wrong with it.
 */
export async function openStore(address: string, options: StoreOptions = {}): Promise<Store> {
  const place = placeOf(address)
  if (options.mustExist && place.kind === 'sqlite' && !existsSync(place.path)) throw new Problem('missing', `there is no database at ${resolve(place.path)}`)
  const store = place.kind === 'sqlite' ? await openSqliteStore(place.path, options) : await openPostgresStore(place.url, options)
  try {
    await store.open()
    if (!options.mayBeHalfCopied) await refuseHalfCopy(store.facts)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Which migrations a database has and lacks; changes nothing. */
export async function schemaOf(address: string): Promise<SchemaStatus> {
  const place = placeOf(address)
  return place.kind === 'sqlite' ? sqliteSchema(place.path) : postgresSchema(place.url)
}

/** Brings the schema up to date; returns how it was before. */
export async function upgradeSchema(address: string): Promise<SchemaStatus> {
  const place = placeOf(address)
  return place.kind === 'sqlite' ? upgradeSqlite(place.path) : upgradePostgres(place.url)
}

/** The address of a server's database: the one that it names, else the embedded one in its data folder. */
export function databaseOf({ databaseUrl, data }: { readonly databaseUrl: string; readonly data: string }): string {
  return databaseUrl === '' ? join(data, 'busbar.db') : databaseUrl
}

/** Where a store keeps values too large for a row: a database that servers share by itself, one of a single server in its data folder. */
export function payloadsOf({ blobs }: Pick<Store, 'blobs'>, dataFolder: string): Blobs {
  return blobs ?? openFileBlobs(join(dataFolder, 'payloads'))
}

/** The data folder of the server that an embedded database belongs to, unless it was told otherwise: its own folder. */
export function folderOf(address: string): string {
  const place = placeOf(address)
  return place.kind === 'sqlite' ? dirname(resolve(place.path)) : '.'
}

/** An address as it may be shown: without the password. */
export function shownAddress(address: string): string {
  const place = placeOf(address)
  return place.kind === 'sqlite' ? resolve(place.path) : parseAddress(place.url).shown
}

type Place = { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'postgres'; readonly url: string }

function placeOf(address: string): Place {
  if (address === '') throw new Problem('invalid', `the address of the database is empty: expected ${schemes}`)
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'sqlite', path: address }
  if (scheme === 'sqlite' || scheme === 'file') return { kind: 'sqlite', path: address.slice(scheme.length + 1).replace(/^\/\/(?=\/)/, '') }
  if (scheme === 'postgres' || scheme === 'postgresql') return { kind: 'postgres', url: address }
  throw new Problem('invalid', `the address of the database begins with "${scheme}:": expected ${schemes}`)
}
