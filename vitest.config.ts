import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Tests run on the sources: no stale build can make them pass. End-to-end tests start the built programs. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@busbar\/(kernel|conductor|stroem|store|engine|sdk)$/, replacement: source('./packages/$1/src/index.ts') },
      { find: /^@busbar\/(conductor|store|engine|sdk)\/(\w+)$/, replacement: source('./packages/$1/src/$2/index.ts') },
      { find: /^@busbar\/(server|worker)$/, replacement: source('./apps/$1/src/index.ts') },
    ],
  },
  test: {
    include: ['{packages,apps}/*/src/**/*.test.ts', '{simulation,conformance,examples,benchmarks}/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'threads',
    testTimeout: 20_000,
  },
})
