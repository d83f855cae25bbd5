import { and, eq, isNotNull, ne } from 'drizzle-orm'
import type pg from 'pg'
import { TargetOccupied } from '#tenancy/moves/errors'
import { reassignMove, markSourceGone } from '#tenancy/moves/tenant-home'
import { locationName } from '#tenancy/moves/move-ends'
import type { Move } from '#tenancy/moves/move-store'
import { isShared, assertSameVersion, type MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { asMigrator, ensureProvisioned } from '#tenancy/placements/provision'
import { platform } from '#tenancy/registry/placements'
import { moves } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

const secondaryIndexes = `
  select format('drop index %I.%I', n.nspname, i.relname) as drop
  from pg_catalog.pg_index as x
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
  join pg_catalog.pg_class as c on c.oid = x.indrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = $1
    and not exists (select from pg_catalog.pg_constraint as k where k.conindid = x.indexrelid)
    and pg_relation_size(c.oid) = 0`

/**
 * Makes the target: role, database, schema and tables at this build's version, and the tenant's row
 * there, which lets nobody in yet.
 */
export async function provision(run: MoveRun): Promise<void> {
  const { move } = run
  const source = await run.source() // holds the source at its version from here on
  if (move.rollsBack !== null) await reassignMove(source, run, move.rollsBack, move.id)
  const target = await run.end('target')
  if (!isShared(move.target)) await ensureProvisioned(run.tenancy, move.tenantId, target)
  await failpoint('target created')
  // rows arrive faster in a table without indexes; they are built when the rows are there
  if (!isShared(move.target))
    await asMigrator(run.tenancy, target, async (client) => {
      await client.query('set role rowhouse_owner')
      const { rows } = await client.query<{ drop: string }>(secondaryIndexes, [target.schema])
      for (const { drop } of rows) await client.query(drop)
    })
  await checkVersions(run)
  if (run.sameDatabase) return
  const arrival = await run.target()
  if (move.rollsBack !== null) {
    await reassignMove(arrival, run, move.rollsBack, move.id)
    for (const earlier of await forceFinishedRollbacks(run.tenancy, move))
      await takeOverHome(arrival, run, earlier)
    await markSourceGone(arrival, run, move.source.epoch)
  }
  const {
    rows: [row],
  } = await arrival.query<{ waits: boolean }>(
    'select tenancy.register_incoming($1, $2, $3, $4, $5) as waits',
    [
      move.tenantId,
      move.id,
      target.schema,
      target.login ?? 'rowhouse_tenant',
      move.source.epoch + 1,
    ],
  )
  if (!row?.waits) throw new TargetOccupied(locationName(target), 'this tenant, under another move')
}

/** Ways back to the same place that ended without its server, where their mark may be still. */
const forceFinishedRollbacks = (tenancy: Tenancy, move: Move) =>
  platform(tenancy)
    .select({ id: moves.id })
    .from(moves)
    .where(
      and(
        eq(moves.rollsBack, move.rollsBack ?? ''),
        ne(moves.id, move.id),
        isNotNull(moves.forceFinishBy),
      ),
    )

async function takeOverHome(
  arrival: pg.Client,
  { move }: MoveRun,
  { id }: { id: string },
): Promise<void> {
  await arrival.query(`select tenancy.transition($1, $2, 'active', 'aborted', $3)`, [
    move.tenantId,
    id,
    move.source.epoch,
  ])
  await arrival.query('select tenancy.reassign_move($1, $2, $3)', [move.tenantId, id, move.id])
}

/** Throws VersionsDiffer unless both ends have had the same migrations. */
export async function checkVersions(run: MoveRun): Promise<void> {
  const applied = async (side: 'source' | 'target') => {
    const end = await run.end(side)
    return asMigrator(run.tenancy, end, async (client) => {
      await client.query('set role rowhouse_owner')
      const { rows } = await client.query<{ migration: string }>(
        'select migration from tenancy.applied_migrations where schema = $1 order by migration',
        [end.schema],
      )
      return rows.map(({ migration }) => migration)
    })
  }
  assertSameVersion(await applied('source'), await applied('target'))
}
