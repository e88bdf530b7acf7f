import { readFileSync } from 'node:fs'

/** The version of this package: one place to raise it. */
export const version: string = readVersion()

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version?: unknown }
  return typeof manifest.version === 'string' ? manifest.version : '0.0.0'
}
