// npm run lint: oxlint, knip for what nothing needs (knip.json), Prettier, and the rules of this
// project that no linter knows.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkActions } from './lint/actions.mjs'
import { checkRawSql } from './lint/raw-sql.mjs'
import { sourcesBelow } from './lint/sources.mjs'
import { root } from './root.mjs'

const tool = (file, ...args) =>
  spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {
    cwd: root,
    stdio: 'inherit',
  }).status === 0
const clean = tool('oxlint/bin/oxlint', '--deny-warnings', ...process.argv.slice(2))
const needed = tool('knip/bin/knip.js', '--no-progress', '--no-config-hints')
const formatted = tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '--cache', '.')
if (!formatted) console.error('`npm run format` formats these files.')

const code = sourcesBelow(['app', 'components', 'db'], /\.tsx?$/)
const offences = [
  ...code.flatMap(checkActions),
  ...code
    .filter(({ path }) => path.startsWith('app/') && !/\.test\.tsx?$/.test(path))
    .flatMap(checkRawSql),
]
for (const { path, line, why } of offences) console.error(`${path}:${line}: ${why}`)
if (offences.length > 0)
  console.error(
    `\n${offences.length} offence${offences.length === 1 ? '' : 's'} against the rules of this project (scripts/lint/).`,
  )

process.exitCode = clean && needed && formatted && offences.length === 0 ? 0 : 1
