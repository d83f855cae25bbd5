import { fileURLToPath } from 'node:url'
import type { TestProjectConfiguration } from 'vitest/config'
import { defences } from './src/testing/mutation/defences.ts'
import { mutationPlugin } from './src/testing/mutation/defence.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const project = (
  name: string,
  include: string[],
  env: Record<string, string>,
  setup = 'src/testing/each-file.ts',
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
    setupFiles: [here(setup)],
  },
})

/** What is tried again, force-finished and resumed. `REWORD=all` adds the slower files. */
const reworded = [
  'src/base/database-client.test.ts',
  'src/context/with-tenant.test.ts',
  'src/data/erase/erase.test.ts',
  'src/moves/{frozen,lost-server}.test.ts',
  ...(process.env.REWORD === 'all' ? ['src/moves/{killed,resume}.test.ts'] : []),
]

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
  // The attacks again, where nothing of PostgreSQL was revoked from the public (see sql/admin).
  project('engine open functions', ['src/context/attacks.test.ts'], { OPEN_FUNCTIONS: '1' }),
  // The same tests with the text of every error, event and status replaced: see testing/reword.
  project('engine reworded', reworded, {}, 'src/testing/reword/each-file.ts'),
]
