import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { defences } from './db/mutation/defences.ts'
import { mutationPlugin } from './packages/tenancy/src/testing/mutation/defence.ts'
import { engineProjects } from './packages/tenancy/vitest.projects.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: { alias: { 'server-only': here('db/testing/server-only-stub.ts') } },
  test: {
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      ...engineProjects,
      {
        extends: true,
        plugins: [mutationPlugin(defences, here('.'))],
        test: {
          name: 'unit',
          fsModuleCache: process.env.MUTATION === undefined,
          include: ['scripts/**/*.test.ts', '{app,db}/**/*.unit.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'components',
          environment: 'happy-dom',
          include: ['components/**/*.test.tsx'],
          setupFiles: [here('components/testing/each-file.tsx')],
        },
      },
      {
        extends: true,
        plugins: [mutationPlugin(defences, here('.'))],
        test: {
          name: 'database',
          // a mutation run changes source text as it is loaded, which must not be cached
          fsModuleCache: process.env.MUTATION === undefined,
          include: ['{app,db}/**/*.test.ts'],
          exclude: ['**/*.{unit,chaos}.test.ts'],
          globalSetup: [here('db/testing/global-setup.ts')],
          setupFiles: [here('db/testing/each-file.ts')],
        },
      },
    ],
  },
})
