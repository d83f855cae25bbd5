import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// `npm run test:faults`: real processes are killed and frozen at every moment of every move. Takes
// a while.
export default defineConfig({
  test: {
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    include: ['db/**/*.faults.ts'],
    globalSetup: [here('db/testing/server.ts')],
    setupFiles: [here('db/testing/each-file.ts')],
  },
})
