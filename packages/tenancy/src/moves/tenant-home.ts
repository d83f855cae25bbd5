import type pg from 'pg'
import type { MoveRun } from '#tenancy/moves/move-run'

/** `forMs`: how long it has been in this state. */
type Home = { state: string; epoch: number; forMs: number }

/** What the fence of one database says about the tenant of this move. */
export async function readHome(client: pg.Client, run: MoveRun): Promise<Home | undefined> {
  const { rows } = await client.query<{ state: string; epoch: string; for_ms: number }>(
    'select state, epoch, 1000 * extract(epoch from clock_timestamp() - changed_at)::float8 as for_ms from tenancy.tenant_homes where tenant_id = $1 and move_id = $2',
    [run.move.tenantId, run.move.id],
  )
  const [row] = rows
  return row && { state: row.state, epoch: Number(row.epoch), forMs: row.for_ms }
}

/** Turns the tenant's state in one database, by compare and set. */
export async function transition(
  client: pg.Client,
  run: MoveRun,
  from: string,
  to: string,
  epoch: number,
): Promise<boolean> {
  const { rows } = await client.query<{ turned: boolean }>(
    'select tenancy.transition($1, $2, $3, $4, $5) as turned',
    [run.move.tenantId, run.move.id, from, to, epoch],
  )
  return rows[0]?.turned ?? false
}

/** Puts the tenant's places under another move, or under none. */
export async function reassignMove(
  client: pg.Client,
  run: MoveRun,
  from: string,
  to: string | null,
): Promise<void> {
  await client.query('select tenancy.reassign_move($1, $2, $3)', [run.move.tenantId, from, to])
}

/**
 * What a worker left out that died behind the registry's commit: its source is fenced and not gone,
 * and the tenant could not come back to it.
 */
export const markSourceGone = (client: pg.Client, run: MoveRun, epoch: number): Promise<boolean> =>
  transition(client, run, 'fenced', 'gone', epoch)
