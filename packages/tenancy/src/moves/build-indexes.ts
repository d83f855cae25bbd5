import type { MoveRun } from '#tenancy/moves/move-run'
import { isShared } from '#tenancy/moves/move-run'
import { asMigrator } from '#tenancy/placements/provision'

// without the schema's name where the search_path has it, so that the same text builds the index in
// another schema
const definitions = `
  select i.relname as name, pg_get_indexdef(x.indexrelid, 0, true) as definition
  from pg_catalog.pg_index as x
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
  join pg_catalog.pg_class as c on c.oid = x.indrelid
  where c.relnamespace = $1::regnamespace and x.indisvalid
    and not exists (select from pg_catalog.pg_constraint as k where k.conindid = x.indexrelid)`

/**
 * Builds what the source has and the target lacks, and collects statistics, before the target gets
 * to work.
 */
export async function index(run: MoveRun): Promise<{ rows: number }> {
  const { rows: wanted } = await (
    await run.source()
  ).query<{ name: string; definition: string }>(definitions, [run.move.source.schema])
  const end = await run.end('target')
  const tables = await run.tables()
  const built = await asMigrator(run.tenancy, end, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(`set search_path = ${end.schema}, pg_temp`)
    let count = 0
    if (!isShared(run.move.target)) {
      const { rows: there } = await client.query<{ name: string }>(
        "select c.relname as name from pg_catalog.pg_class as c where c.relnamespace = $1::regnamespace and c.relkind in ('i', 'I')",
        [end.schema],
      )
      for (const { name, definition } of wanted.filter(
        (one) => !there.some((other) => other.name === one.name),
      )) {
        await run.checkpoint()
        await run.setStatus(`building index ${name}`)
        await client.query(definition)
        count++
      }
    }
    await run.setStatus('collecting statistics')
    for (const { name } of tables) await client.query(`analyze ${end.schema}.${name}`)
    return count
  })
  return { rows: built }
}
