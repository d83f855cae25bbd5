import type pg from 'pg'
import { withTransaction } from '#tenancy/base/with-transaction'
import { lockKey } from '#tenancy/base/lock-keys'
import { engineFile } from '#tenancy/base/files'
import { MigrationChanged, SchemaTooNew } from '#tenancy/migrations/errors'
import { readHistory, type Migration } from '#tenancy/migrations/history'

/** The main database also contains the registry. */
export type DatabaseScope = 'main' | 'dedicated'

const mainOnly = /^-- main database only\s*$/m

/** Reads the history of the engine's own tables. */
export const readEngineHistory = (): Promise<Migration[]> =>
  readHistory('tenancy', engineFile('sql', 'migrations'))

/** The statements of a file for one kind of database. Those after the mark are for the main one. */
export function statementsFor({ statements }: Migration, scope: DatabaseScope): string[] {
  const mark = statements.findIndex((statement) => mainOnly.test(statement))
  return mark < 0 || scope === 'main' ? statements : statements.slice(0, mark)
}

/**
 * Migrates the engine's own tables in one database to this build, in one transaction. Concurrent
 * calls wait for each other and apply each file once.
 * @param client - A connection that acts as the owner.
 * @returns The tags applied now.
 * @throws MigrationChanged or SchemaTooNew
 */
export async function applyEngineMigrations(
  client: pg.ClientBase,
  scope: DatabaseScope,
): Promise<string[]> {
  const history = await readEngineHistory()
  return withTransaction(client, async () => {
    // tenancy.target_key() does not exist before the first file
    await client.query(`select pg_advisory_xact_lock(${lockKey('target', 'tenancy')})`)
    const pending = await pendingOf(client, history)
    await client.query('set local search_path = pg_catalog, pg_temp')
    for (const file of pending)
      for (const statement of statementsFor(file, scope)) await client.query(statement)
    for (const { tag, sha256, breaking } of pending)
      await client.query(
        `insert into tenancy.applied_migrations (schema, migration, sha256, breaking) values ('tenancy', $1, $2, $3)`,
        [tag, sha256, breaking],
      )
    return pending.map(({ tag }) => tag)
  })
}

async function pendingOf(client: pg.ClientBase, history: Migration[]): Promise<Migration[]> {
  const {
    rows: [there],
  } = await client.query<{ ledger: boolean }>(
    `select to_regclass('tenancy.applied_migrations') is not null as ledger`,
  )
  if (!there?.ledger) return history
  const { rows } = await client.query<{ migration: string; sha256: string }>(
    `select migration, sha256 from tenancy.applied_migrations where schema = 'tenancy' and migration not in ('functions', 'admin') order by migration`,
  )
  const applied = new Map(rows.map(({ migration, sha256 }) => [migration, sha256]))
  const unknown = [...applied.keys()].filter((tag) => !history.some((file) => file.tag === tag))
  if (unknown.length > 0) throw new SchemaTooNew('tenancy', unknown, history.at(-1)?.tag ?? 'none')
  for (const { tag, sha256 } of history) {
    const had = applied.get(tag)
    if (had !== undefined && had !== sha256)
      throw new MigrationChanged(tag, ['tenancy'], had, sha256)
  }
  return history.filter(({ tag }) => !applied.has(tag))
}
