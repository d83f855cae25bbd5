import type pg from 'pg'
import type { Migration } from '#db/fleet/history'

/** The ledger of one database: what was applied to which schema. Written first in the target's own transaction, which makes a race a clash. */
export const ledgerSql = `
create table if not exists tenancy.applied (
  schema text not null,
  migration text not null,
  sha256 text not null,
  applied_at timestamptz not null default clock_timestamp(),
  took_ms integer,
  primary key (schema, migration)
)`

/**
 * Brings one schema to the end of a history, in one transaction. In: a connection that acts as the owner, the schema, all its
 * migrations. Out: the tags applied now. Throws when an applied file has changed since.
 */
export async function bringUpToDate(client: pg.ClientBase, schema: string, history: Migration[]): Promise<string[]> {
  const { rows } = await client.query<{ migration: string; sha256: string }>('select migration, sha256 from tenancy.applied where schema = $1', [schema])
  const applied = new Map(rows.map((row) => [row.migration, row.sha256]))
  for (const { tag, sha256 } of history) {
    const known = applied.get(tag)
    if (known && known !== sha256) throw new Error(`migration ${tag} was changed after ${schema} got it: applied ${known.slice(0, 12)}, file ${sha256.slice(0, 12)}; restore the file and add a new migration`)
  }
  const pending = history.filter(({ tag }) => !applied.has(tag))
  if (pending.length === 0) return []
  await client.query(script(schema, pending))
  return pending.map(({ tag }) => tag)
}

/** One message: lock, ledger rows, files. `schema` is one of ours and never a person's text. */
function script(schema: string, pending: Migration[]): string {
  if (!/^(platform|shared|t_[0-9a-f]{32})$/.test(schema)) throw new TypeError(`not a schema of ours: ${schema}`)
  return [
    'begin',
    `set local lock_timeout = '2s'`,
    `select pg_advisory_xact_lock(hashtextextended('fleet ${schema}', 7236115))`,
    ...pending.map(({ tag, sha256 }) => `insert into tenancy.applied (schema, migration, sha256) values ('${schema}', '${tag.replaceAll("'", "''")}', '${sha256}')`),
    `set local search_path = ${schema}, pg_temp`,
    ...pending.flatMap(({ statements }) => statements.map((statement) => statement.replace(/;\s*$/, ''))),
    'commit',
  ].join(';\n')
}
