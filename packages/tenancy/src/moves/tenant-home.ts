import type pg from 'pg'
import type { MoveRun } from '#tenancy/moves/move-run'

/** The states of a tenant's home in one database; see `tenancy.transition`. */
export type HomeState = 'active' | 'copying' | 'fenced' | 'gone' | 'incoming' | 'aborted'
/** `forMs`: for how long the home has been in this state. */
type Home = { state: HomeState; epoch: number; forMs: number }

/**
 * Reads the home of the tenant in one database, if it belongs to this move.
 * @param client - A connection of the worker to that database.
 */
export async function readHome(client: pg.Client, run: MoveRun): Promise<Home | undefined> {
  const { rows } = await client.query<{ state: HomeState; epoch: string; for_ms: number }>(
    'select state, epoch, 1000 * extract(epoch from clock_timestamp() - changed_at)::float8 as for_ms from tenancy.tenant_homes where tenant_id = $1 and move_id = $2',
    [run.move.tenantId, run.move.id],
  )
  const [row] = rows
  return row && { state: row.state, epoch: Number(row.epoch), forMs: row.for_ms }
}

/**
 * A change of a home's state. `epoch` is the new epoch, and must not be less than the present one.
 */
export type Transition = { from: HomeState; to: HomeState; epoch: number }

/**
 * Changes the state of the tenant's home in one database by compare-and-set.
 * @param client - A connection of the worker to that database.
 * @returns True if the home was in state `from` under this move.
 */
export async function transition(
  client: pg.Client,
  run: MoveRun,
  { from, to, epoch }: Transition,
  moveId: string = run.move.id,
): Promise<boolean> {
  const { rows } = await client.query<{ changed: boolean }>(
    'select tenancy.transition($1, $2, $3, $4, $5) as changed',
    [run.move.tenantId, moveId, from, to, epoch],
  )
  return rows[0]?.changed ?? false
}

/**
 * Assigns the tenant's home in one database to another move, or to none.
 * @param client - A connection of the worker to that database.
 */
export async function reassignMove(
  client: pg.Client,
  run: MoveRun,
  from: string,
  to: string | null,
): Promise<void> {
  await client.query('select tenancy.reassign_move($1, $2, $3)', [run.move.tenantId, from, to])
}

/**
 * Completes a switch whose worker crashed after the registry commit: marks the still-fenced source
 * as `gone`, so that the tenant can be moved back later.
 */
export const markSourceGone = (client: pg.Client, run: MoveRun, epoch: number): Promise<boolean> =>
  transition(client, run, { from: 'fenced', to: 'gone', epoch })
