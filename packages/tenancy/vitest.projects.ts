import { fileURLToPath } from 'node:url'
import type { TestProjectConfiguration } from 'vitest/config'
import { defences } from './src/testing/mutation/defences.ts'
import { mutationPlugin } from './src/testing/mutation/defence.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const project = (
  name: string,
  include: string[],
  env: Record<string, string>,
): TestProjectConfiguration => ({
  extends: true,
  root: here('.'),
  plugins: [mutationPlugin(defences, here('../..'))],
  test: {
    name,
    include,
    env,
    // a mutation run changes source text as it is loaded, which must not be cached
    fsModuleCache: process.env.MUTATION === undefined,
    exclude: ['**/*.{unit,chaos}.test.ts'],
    globalSetup: [here('../../scripts/test/postgres.ts'), here('src/testing/global-setup.ts')],
    setupFiles: [here('src/testing/each-file.ts')],
  },
})

/** The engine's tests, for its own vitest and for that of the repository. */
export const engineProjects: TestProjectConfiguration[] = [
  {
    extends: true,
    root: here('.'),
    test: { name: 'engine unit', include: ['src/**/*.unit.test.ts'] },
  },
  project('engine', ['src/**/*.test.ts'], {}),
  // The transaction tests again, without private APIs of the driver (see base/pipeline).
  project('engine plain', ['src/context/{isolation,with-tenant}.test.ts'], {
    DATABASE_PIPELINE: 'plain',
  }),
]
