import { spawnSync } from 'node:child_process'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { historyFolder, planes, type Plane } from '#db/fleet/history'

// `npm run db:generate`: drizzle-kit for both histories, then what it leaves out or gets wrong for tenant schemas.

const protection = (table: string) => `select tenancy.protect(current_schema(), '${table}');`

for (const plane of planes) {
  const args = ['drizzle-kit', 'generate', `--config=drizzle/${plane}.config.ts`, ...process.argv.slice(2)]
  const { status } = spawnSync('npx', args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  await finish(plane)
}

/** New tenant files lose the schema that drizzle-kit writes into foreign keys, and gain the protection of each new table. */
async function finish(plane: Plane): Promise<void> {
  if (plane !== 'tenant') return
  const folder = historyFolder(plane)
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.sql'))) {
    const text = await readFile(join(folder, file), 'utf8')
    const bare = text.replaceAll('"public".', '')
    const missing = [...bare.matchAll(/^create table (?:if not exists )?"([a-z_]+)"/gim)]
      .flatMap(([, table]) => (table ? [protection(table)] : []))
      .filter((line) => !bare.includes(line))
    if (bare !== text || missing.length > 0) await writeFile(join(folder, file), [bare.trimEnd(), ...missing].join('--> statement-breakpoint\n') + '\n')
  }
}
