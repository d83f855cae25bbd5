import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// `npm run test:chaos`: app, worker and servers are killed and frozen under load. Takes a while. The
// engine has its own: packages/tenancy/vitest.chaos.config.ts.
export default defineConfig({
  test: {
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    include: ['db/**/*.chaos.test.ts'],
    globalSetup: [here('db/testing/server.ts')],
    setupFiles: [here('db/testing/each-file.ts')],
  },
})
