import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// `npm run test:chaos`: kills and freezes app, worker and servers under load. The engine's chaos tests
// have their own configuration: packages/tenancy/vitest.chaos.config.ts.
export default defineConfig({
  test: {
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    include: ['db/**/*.chaos.test.ts'],
    globalSetup: [here('db/testing/global-setup.ts')],
    setupFiles: [here('db/testing/each-file.ts')],
  },
})
