#!/usr/bin/env node
// Committed, so that npm can link the command before anything is built.
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (!existsSync(main)) {
  console.error('busbar is not built yet: run "npm start" or "npx tsc -b" in the clone once.')
  process.exit(1)
}
await import(main)
