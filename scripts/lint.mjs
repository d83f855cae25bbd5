// npm run lint: oxlint, and the rules of this project that no linter knows.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { checkActions } from './lint/actions.mjs'
import { checkMigrations } from './lint/migrations.mjs'
import { checkRawSql } from './lint/raw-sql.mjs'
import { sourcesBelow } from './lint/sources.mjs'
import { root } from './root.mjs'

const oxlint = join(dirname(createRequire(import.meta.url).resolve('oxlint/package.json')), 'bin/oxlint')
const linted = spawnSync(process.execPath, [oxlint, '--deny-warnings', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })

const code = sourcesBelow(['app', 'components', 'db'], /\.tsx?$/)
const offences = [
  ...code.flatMap(checkActions),
  ...code.filter(({ path }) => path.startsWith('app/') && !/\.test\.tsx?$/.test(path)).flatMap(checkRawSql),
  ...sourcesBelow(['drizzle/tenant'], /\.sql$/).flatMap(checkMigrations),
]
for (const { path, line, why } of offences) console.error(`${path}:${line}: ${why}`)
if (offences.length > 0) console.error(`\n${offences.length} offence${offences.length === 1 ? '' : 's'} against the rules of this project (scripts/lint/).`)

process.exitCode = linted.status === 0 && offences.length === 0 ? 0 : 1
