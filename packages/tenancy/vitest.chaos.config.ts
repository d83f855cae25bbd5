import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// `npm run test:chaos`: kills and freezes real processes at every failpoint of every move.
export default defineConfig({
  test: {
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    include: ['src/**/*.chaos.test.ts'],
    globalSetup: [here('../../scripts/test/postgres.ts'), here('src/testing/global-setup.ts')],
    setupFiles: [here('src/testing/each-file.ts')],
  },
})
