import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { finished } from '#db/fleet/finish'
import { historyFolder, planes, readHistory } from '#db/fleet/history'
import { lint } from '#db/fleet/lint'

// `npm run db:generate [-- --name what_it_does]`: drizzle-kit for both histories, then what it
// leaves out or gets wrong for tenants.

const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs')

for (const plane of planes) {
  const known = new Set((await readHistory(plane).catch(() => [])).map(({ tag }) => tag))
  const { status } = spawnSync(
    process.execPath,
    [drizzleKit, 'generate', `--config=drizzle/${plane}.config.ts`, ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  if (status !== 0) process.exit(status ?? 1)
  for (const file of (await readHistory(plane)).filter(({ tag }) => !known.has(tag))) {
    await writeFile(join(historyFolder(plane), `${file.tag}.sql`), finished(file))
  }
  const problems = lint(await readHistory(plane))
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
