import type { MoveRun } from '#tenancy/moves/move-run'
import { isShared } from '#tenancy/moves/move-run'
import { asMigrator } from '#tenancy/placements/provision'

// pg_get_indexdef leaves out a schema that is in the search_path, so the text works in any schema
const definitions = `
  select i.relname as name, pg_get_indexdef(x.indexrelid, 0, true) as definition
  from pg_catalog.pg_index as x
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
  join pg_catalog.pg_class as c on c.oid = x.indrelid
  where c.relnamespace = $1::regnamespace and x.indisvalid
    and not exists (select from pg_catalog.pg_constraint as k where k.conindid = x.indexrelid)`

/**
 * Builds the indexes that the source has and the target lacks, and collects statistics.
 * @returns `rows` is the number of indexes built.
 */
export async function buildIndexes(run: MoveRun): Promise<{ rows: number }> {
  const source = await run.source()
  const { rows: sourceIndexes } = await source.query<{ name: string; definition: string }>(
    definitions,
    [run.move.source.schema],
  )
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
      for (const { name, definition } of sourceIndexes.filter((index) => !names.has(index.name))) {
        await run.checkpoint()
        await run.setStatus(`building index ${name}`)
        await client.query(definition)
        count++
      }
    }
    await run.setStatus('collecting statistics')
    for (const { name } of tables) await client.query(`analyze ${location.schema}.${name}`)
    return count
  })
  return { rows: built }
}
