import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Tests run on the sources: no stale build can make them pass. Only what starts the built programs lives in e2e folders. */
const alias = [
  { find: '@busbar/store/testing/postgres-server', replacement: source('./packages/store/src/testing/postgres-server.ts') },
  { find: /^@busbar\/(kernel|conductor|stroem|store|engine|sdk)$/, replacement: source('./packages/$1/src/index.ts') },
  { find: /^@busbar\/(conductor|store|engine|sdk)\/(\w+)$/, replacement: source('./packages/$1/src/$2/index.ts') },
  { find: /^@busbar\/(server|worker)$/, replacement: source('./apps/$1/src/index.ts') },
]

const places = ['packages/*/src', 'apps/*/src', 'simulation', 'conformance', 'examples', 'benchmarks', 'scripts']
const exclude = ['**/node_modules/**', '**/dist/**']

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: places.map(place => `${place}/**/*.test.ts`),
          exclude: [...exclude, '**/e2e/**'],
          pool: 'threads',
          testTimeout: 20_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          include: places.map(place => `${place}/**/e2e/**/*.test.ts`),
          exclude,
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Real servers, workers and clients: side by side they would measure each other.
          fileParallelism: false,
        },
      },
    ],
  },
})
