import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { finishGenerated, readHistory, lintMigrations } from '@rowhouse/tenancy/migrations'

// `npm run db:generate [-- --name what_it_does]` runs drizzle-kit for each migration history, completes
// the files that it generated, and lints the history.

const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs')
const histories = [
  {
    plane: 'tenancy',
    config: 'packages/tenancy/drizzle.config.ts',
    folder: 'packages/tenancy/sql/migrations',
  },
  { plane: 'platform', config: 'drizzle/platform.config.ts', folder: 'drizzle/platform' },
  { plane: 'tenant', config: 'drizzle/tenant.config.ts', folder: 'drizzle/tenant' },
] as const

for (const { plane, config, folder } of histories) {
  const known = new Set((await readHistory(plane, folder).catch(() => [])).map(({ tag }) => tag))
  const { status } = spawnSync(
    process.execPath,
    [drizzleKit, 'generate', `--config=${config}`, ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  if (status !== 0) process.exit(status ?? 1)
  for (const file of (await readHistory(plane, folder)).filter(({ tag }) => !known.has(tag)))
    await writeFile(join(folder, `${file.tag}.sql`), await finishGenerated(file))
  const problems = await lintMigrations(await readHistory(plane, folder))
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
