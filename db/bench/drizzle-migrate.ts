import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { withConnection } from '@rowhouse/tenancy/admin'

const baseline = 1

/**
 * Creates a migrations folder like those of drizzle-kit, with a baseline that counts as applied and
 * one migration.
 *
 * @param nth - Makes the migration's timestamp newer than that of an earlier folder, because
 *   drizzle-orm skips migrations that are older than the last one it applied.
 */
export async function drizzleFolder(
  statements: string[],
  nth = 1,
): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'))
  await mkdir(join(path, 'meta'))
  await writeFile(join(path, '0000_init.sql'), 'select 1')
  await writeFile(join(path, '0001_more.sql'), statements.join(';--> statement-breakpoint\n'))
  const entry = (idx: number, tag: string) => ({
    idx,
    version: '7',
    when: baseline + idx,
    tag,
    breakpoints: true,
  })
  await writeFile(
    join(path, 'meta', '_journal.json'),
    JSON.stringify({
      version: '7',
      dialect: 'postgresql',
      entries: [entry(0, '0000_init'), entry(nth, '0001_more')],
    }),
  )
  return { path, remove: () => rm(path, { recursive: true }) }
}

/** Creates drizzle-orm's ledger in every schema, as the baseline leaves it. Not timed. */
export async function createDrizzleLedgers(adminUrl: string, schemas: string[]): Promise<void> {
  const left = [...schemas]
  await Promise.all(
    [1, 2].map(() =>
      withConnection(adminUrl, async (client) => {
        for (let schema = left.pop(); schema; schema = left.pop()) {
          await client.query(`create table ${schema}.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
        insert into ${schema}.__drizzle_migrations (hash, created_at) values ('baseline', ${baseline})`)
        }
      }),
    ),
  )
}

/**
 * Calls migrate() for each schema in a loop, each time on a new connection with the schema as its
 * search path.
 *
 * @param until - When to stop, in the time of `performance.now()`.
 * @returns The number of migrated schemas.
 */
export async function migrateInLoop(
  adminUrl: string,
  schemas: string[],
  folder: string,
  until: number,
): Promise<number> {
  let done = 0
  for (const schema of schemas) {
    if (performance.now() > until) break
    const client = new pg.Client({
      connectionString: adminUrl,
      options: `-c search_path=${schema}`,
    })
    await client.connect()
    await migrate(drizzle(client), { migrationsFolder: folder, migrationsSchema: schema })
    await client.end()
    done++
  }
  return done
}

/** The same on one connection, whose search path changes for each schema. */
export const migrateOnOneConnection = (adminUrl: string, schemas: string[], folder: string) =>
  withConnection(adminUrl, async (client) => {
    for (const schema of schemas) {
      await client.query(`set search_path = ${schema}`)
      await migrate(drizzle(client), { migrationsFolder: folder, migrationsSchema: schema })
    }
  })
