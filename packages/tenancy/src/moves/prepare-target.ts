import { and, eq, isNotNull, ne } from 'drizzle-orm'
import type pg from 'pg'
import { TargetOccupied } from '#tenancy/moves/errors'
import { markSourceGone, reassignMove, transition } from '#tenancy/moves/tenant-home'
import { locationName } from '#tenancy/moves/move-ends'
import type { Move } from '#tenancy/moves/move-store'
import { isShared, assertSameVersion, type MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { asMigrator, ensureProvisioned } from '#tenancy/placements/provision'
import { platform } from '#tenancy/registry/placements'
import { moves } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

// Unique indexes stay. When a value passes from a copied row to one that is not copied yet, the copy
// would bring it twice without them, and they could not be built before the catch-up.
const slowingObjects = `
  select format('alter table %I.%I drop constraint %I', n.nspname, c.relname, k.conname) as drop
  from pg_catalog.pg_constraint as k
  join pg_catalog.pg_class as c on c.oid = k.conrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = $1 and k.contype = 'f' and k.conparentid = 0 and pg_relation_size(c.oid) = 0
  union all
  select format('drop index %I.%I', n.nspname, i.relname)
  from pg_catalog.pg_index as x
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
  join pg_catalog.pg_class as c on c.oid = x.indrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = $1 and not x.indisunique
    and not exists (select from pg_catalog.pg_constraint as k where k.conindid = x.indexrelid and k.contype <> 'f')
    and pg_relation_size(c.oid) = 0`

/**
 * Creates the target: role, database, schema and tables at this build's version, and the tenant's
 * home there in state `incoming`, which admits no transactions yet.
 */
export async function provisionTarget(run: MoveRun): Promise<void> {
  const { move } = run
  const source = await run.source() // locks the source at its version from here on
  if (move.rollsBack !== null) await reassignMove(source, run, move.rollsBack, move.id)
  const location = await run.locationOf('target')
  if (!isShared(move.target)) await ensureProvisioned(run.tenancy, move.tenantId, location)
  await failpoint('target created')
  // copying into tables without foreign keys and with few indexes is faster; `buildIndexes` adds them
  // afterwards
  if (!isShared(move.target))
    await asMigrator(run.tenancy, location, async (client) => {
      await client.query('set role rowhouse_owner')
      const { rows } = await client.query<{ drop: string }>(slowingObjects, [location.schema])
      for (const { drop } of rows) await client.query(drop)
    })
  await checkVersions(run)
  if (run.sameDatabase) return
  const target = await run.target()
  if (move.rollsBack !== null) {
    await reassignMove(target, run, move.rollsBack, move.id)
    for (const { id } of await forceFinishedRollbacks(run.tenancy, move))
      await takeOverHome(target, run, id)
    await markSourceGone(target, run, move.source.epoch)
  }
  const {
    rows: [row],
  } = await target.query<{ registered: boolean }>(
    'select tenancy.register_incoming($1, $2, $3, $4, $5) as registered',
    [
      move.tenantId,
      move.id,
      location.schema,
      location.login ?? 'rowhouse_tenant',
      move.source.epoch + 1,
    ],
  )
  if (!row?.registered)
    throw new TargetOccupied(locationName(location), 'this tenant, under another move')
}

/** Lists force-finished rollbacks to the same target, which may have left its home open. */
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

async function takeOverHome(target: pg.Client, run: MoveRun, earlierId: string): Promise<void> {
  const { epoch } = run.move.source
  await transition(target, run, { from: 'active', to: 'aborted', epoch }, earlierId)
  await reassignMove(target, run, earlierId, run.move.id)
}

/**
 * Checks that both ends have the same migrations.
 * @throws VersionsDiffer
 */
export async function checkVersions(run: MoveRun): Promise<void> {
  const applied = async (side: 'source' | 'target') => {
    const location = await run.locationOf(side)
    return asMigrator(run.tenancy, location, async (client) => {
      await client.query('set role rowhouse_owner')
      const { rows } = await client.query<{ migration: string }>(
        'select migration from tenancy.applied_migrations where schema = $1 order by migration',
        [location.schema],
      )
      return rows.map(({ migration }) => migration)
    })
  }
  assertSameVersion(await applied('source'), await applied('target'))
}
