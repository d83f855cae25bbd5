import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { sabotage } from './db/sabotage/plugin.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: { alias: { 'server-only': here('db/testing/empty.ts') } },
  test: {
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'plain',
          include: [
            'components/**/*.test.{ts,tsx}',
            'scripts/**/*.test.mjs',
            '{app,db}/**/*.plain.test.ts',
          ],
        },
      },
      {
        extends: true,
        plugins: [sabotage()],
        test: {
          name: 'database',
          // a sabotage run changes source text as it is loaded: that must neither come from a cache
          // nor stay in one
          fsModuleCache: process.env.SABOTAGE === undefined,
          include: ['{app,db}/**/*.test.ts'],
          exclude: ['**/*.plain.test.ts'],
          globalSetup: [here('db/testing/server.ts')],
          setupFiles: [here('db/testing/each-file.ts')],
        },
      },
    ],
  },
})
