import pg from 'pg'
import type { MoveRun } from '#tenancy/moves/move-run'
import { isShared } from '#tenancy/moves/move-run'
import { asMigrator } from '#tenancy/placements/provision'

// pg_get_indexdef and pg_get_constraintdef leave out a schema that is in the search_path, so the text
// works in any schema
const indexesQuery = `
  select i.relname as name, pg_get_indexdef(x.indexrelid, 0, true) as definition
  from pg_catalog.pg_index as x
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
  join pg_catalog.pg_class as c on c.oid = x.indrelid
  where c.relnamespace = $1::regnamespace and x.indisvalid
    and not exists (select from pg_catalog.pg_constraint as k where k.conindid = x.indexrelid and k.contype <> 'f')`

type ForeignKey = { table: string; name: string; definition: string; valid: boolean }

const foreignKeysQuery = `
  select c.relname as table, k.conname as name, k.convalidated as valid, pg_get_constraintdef(k.oid) as definition
  from pg_catalog.pg_constraint as k
  join pg_catalog.pg_class as c on c.oid = k.conrelid
  where c.relnamespace = $1::regnamespace and k.contype = 'f' and k.conparentid = 0`

const isSame = (a: ForeignKey) => (b: ForeignKey) => a.table === b.table && a.name === b.name

/**
 * Builds the indexes and foreign keys that the source has and the target lacks, and collects
 * statistics. The foreign keys do not check the copied rows yet: a row may refer to one that only
 * the catch-up brings.
 * @returns `rows` is the number of indexes built.
 */
export async function buildIndexes(run: MoveRun): Promise<{ rows: number }> {
  const source = await run.source()
  const { schema } = run.move.source
  const indexes = await source.query<{ name: string; definition: string }>(indexesQuery, [schema])
  const foreignKeys = await source.query<ForeignKey>(foreignKeysQuery, [schema])
  const location = await run.locationOf('target')
  const tables = await run.tables()
  const built = await asMigrator(run.tenancy, location, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(`set search_path = ${location.schema}, pg_temp`)
    let count = 0
    if (!isShared(run.move.target)) {
      const { rows: existing } = await client.query<{ name: string }>(
        "select c.relname as name from pg_catalog.pg_class as c where c.relnamespace = $1::regnamespace and c.relkind in ('i', 'I')",
        [location.schema],
      )
      const names = new Set(existing.map(({ name }) => name))
      for (const { name, definition } of indexes.rows.filter((index) => !names.has(index.name))) {
        await run.checkpoint()
        await run.setStatus(`building index ${name}`)
        await client.query(definition)
        count++
      }
      const present = await client.query<ForeignKey>(foreignKeysQuery, [location.schema])
      for (const one of foreignKeys.rows.filter((key) => !present.rows.some(isSame(key))))
        await client.query(
          `alter table ${pg.escapeIdentifier(one.table)} add constraint ${pg.escapeIdentifier(one.name)} ${one.definition} ${one.valid ? 'not valid' : ''}`,
        )
    }
    await run.setStatus('collecting statistics')
    for (const { name } of tables) await client.query(`analyze ${location.schema}.${name}`)
    return count
  })
  return { rows: built }
}

/** Validates the foreign keys of the target that are valid in the source. */
export async function validateForeignKeys(run: MoveRun): Promise<void> {
  if (isShared(run.move.target)) return
  const source = await run.source()
  const { rows } = await source.query<ForeignKey>(foreignKeysQuery, [run.move.source.schema])
  const location = await run.locationOf('target')
  await asMigrator(run.tenancy, location, async (client) => {
    await client.query('set role rowhouse_owner')
    const { rows: found } = await client.query<ForeignKey>(foreignKeysQuery, [location.schema])
    for (const one of found.filter((key) => !key.valid && rows.find(isSame(key))?.valid)) {
      await run.checkpoint()
      await run.setStatus(`validating foreign key ${one.name}`)
      await client.query('select tenancy.validate($1, $2, $3)', [
        location.schema,
        one.table,
        one.name,
      ])
    }
  })
}
