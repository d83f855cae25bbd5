// npm run lint: oxlint, knip for unused files and exports, Prettier, and this project's own rules.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import engine from '../packages/tenancy/package.json' with { type: 'json' }
import { checkActions } from './lint/actions.ts'
import { checkParamNames, checkPublicDocs } from './lint/jsdoc.ts'
import { checkInstanceof } from './lint/instanceof.ts'
import { checkRawSql } from './lint/raw-sql.ts'
import { sourcesBelow } from './lint/sources.ts'
import { root } from './root.mjs'

const runTool = (file: string, ...args: string[]): boolean =>
  spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {
    cwd: root,
    stdio: 'inherit',
  }).status === 0
const oxlintPasses = runTool('oxlint/bin/oxlint', '--deny-warnings', ...process.argv.slice(2))
const knipPasses = runTool('knip/bin/knip.js', '--no-progress', '--no-config-hints')
const prettierPasses = runTool(
  'prettier/bin/prettier.cjs',
  '--check',
  '--log-level=warn',
  '--cache',
  '.',
)
if (!prettierPasses) console.error('`npm run format` fixes these files.')

// the entry points of the engine, except for tests
const engineEntries = Object.entries(engine.exports)
  .filter(([name]) => name !== './testing' && name !== './package.json')
  .map(([, file]) => file.replace(/^\./, 'packages/tenancy'))

const code = sourcesBelow(['app', 'components', 'db', 'packages', 'scripts'], /\.tsx?$/)
const violations = [
  ...code.flatMap(checkActions),
  ...code
    .filter(({ path }) => path.startsWith('app/') && !/\.test\.tsx?$/.test(path))
    .flatMap(checkRawSql),
  ...code.filter(({ path }) => !/\.test\.tsx?$/.test(path)).flatMap(checkInstanceof),
  ...code.flatMap(checkParamNames),
  ...checkPublicDocs(new Map(code.map((source) => [source.path, source])), engineEntries, (name) =>
    name.replace(/^#tenancy\/(.*)$/, 'packages/tenancy/src/$1.ts'),
  ),
]
for (const { path, line, message } of violations) console.error(`${path}:${line}: ${message}`)
if (violations.length > 0)
  console.error(
    `\n${violations.length} violation${violations.length === 1 ? '' : 's'} of this project's rules (scripts/lint/).`,
  )

process.exitCode = oxlintPasses && knipPasses && prettierPasses && violations.length === 0 ? 0 : 1
