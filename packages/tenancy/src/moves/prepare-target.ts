import { and, eq, isNotNull, ne } from 'drizzle-orm'
import type pg from 'pg'
import { TargetOccupied } from '#db/errors'
import { handOver, finishLeaving } from '#db/move/capture'
import { placeName } from '#db/move/ends'
import type { Move } from '#db/move/ledger'
import { isShared, sameVersion, type Mover } from '#db/move/mover'
import { moment } from '#db/move/moments'
import { asMigrator, makePlace } from '#db/placements/provision'
import { platform } from '#db/registry'
import { moves } from '#db/schema/platform'

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
export async function provision(mover: Mover): Promise<void> {
  const { move } = mover
  const source = await mover.source() // holds the source at its version from here on
  if (move.rollsBack !== null) await handOver(source, mover, move.rollsBack, move.id)
  const target = await mover.end('target')
  if (!isShared(move.target)) await makePlace(move.tenantId, target)
  await moment('place made')
  // rows arrive faster in a table without indexes; they are built when the rows are there
  if (!isShared(move.target))
    await asMigrator(target, async (client) => {
      await client.query('set role rowhouse_owner')
      const { rows } = await client.query<{ drop: string }>(secondaryIndexes, [target.schema])
      for (const { drop } of rows) await client.query(drop)
    })
  await checkVersions(mover)
  if (mover.here) return
  const arrival = await mover.target()
  if (move.rollsBack !== null) {
    await handOver(arrival, mover, move.rollsBack, move.id)
    for (const earlier of await abandonedBefore(move)) await takeFrom(arrival, mover, earlier)
    await finishLeaving(arrival, mover, move.source.epoch)
  }
  const {
    rows: [row],
  } = await arrival.query<{ waits: boolean }>(
    'select tenancy.await_arrival($1, $2, $3, $4, $5) as waits',
    [
      move.tenantId,
      move.id,
      target.schema,
      target.login ?? 'rowhouse_tenant',
      move.source.epoch + 1,
    ],
  )
  if (!row?.waits) throw new TargetOccupied(placeName(target), 'this tenant, under another move')
}

/** Ways back to the same place that ended without its server, where their mark may be still. */
const abandonedBefore = (move: Move) =>
  platform()
    .select({ id: moves.id })
    .from(moves)
    .where(
      and(
        eq(moves.rollsBack, move.rollsBack ?? ''),
        ne(moves.id, move.id),
        isNotNull(moves.abandonBy),
      ),
    )

async function takeFrom(
  arrival: pg.Client,
  { move }: Mover,
  { id }: { id: string },
): Promise<void> {
  await arrival.query(`select tenancy.turn($1, $2, 'active', 'aborted', $3)`, [
    move.tenantId,
    id,
    move.source.epoch,
  ])
  await arrival.query('select tenancy.hand_over($1, $2, $3)', [move.tenantId, id, move.id])
}

/** Throws VersionsDiffer unless both ends have had the same migrations. */
export async function checkVersions(mover: Mover): Promise<void> {
  const applied = async (side: 'source' | 'target') => {
    const end = await mover.end(side)
    return asMigrator(end, async (client) => {
      await client.query('set role rowhouse_owner')
      const { rows } = await client.query<{ migration: string }>(
        'select migration from tenancy.applied where schema = $1 order by migration',
        [end.schema],
      )
      return rows.map(({ migration }) => migration)
    })
  }
  sameVersion(await applied('source'), await applied('target'))
}
