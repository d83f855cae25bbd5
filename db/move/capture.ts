import type pg from 'pg'
import { withFence } from '#db/move/fence'
import type { Mover } from '#db/move/mover'
import { moment } from '#db/move/moments'

/** `forMs`: how long it has been in this state. */
type Resident = { state: string; epoch: number; forMs: number }

/** What the fence of one database says about the tenant of this move. */
export async function residentIn(client: pg.Client, mover: Mover): Promise<Resident | undefined> {
  const { rows } = await client.query<{ state: string; epoch: string; for_ms: number }>(
    'select state, epoch, 1000 * extract(epoch from clock_timestamp() - changed_at)::float8 as for_ms from tenancy.residents where tenant_id = $1 and move_id = $2',
    [mover.move.tenantId, mover.move.id],
  )
  const [row] = rows
  return row && { state: row.state, epoch: Number(row.epoch), forMs: row.for_ms }
}

/** Turns the tenant's state in one database, by compare and set. */
export async function turn(
  client: pg.Client,
  mover: Mover,
  from: string,
  to: string,
  epoch: number,
): Promise<boolean> {
  const { rows } = await client.query<{ turned: boolean }>(
    'select tenancy.turn($1, $2, $3, $4, $5) as turned',
    [mover.move.tenantId, mover.move.id, from, to, epoch],
  )
  return rows[0]?.turned ?? false
}

/** Puts the tenant's places under another move, or under none. */
export async function handOver(
  client: pg.Client,
  mover: Mover,
  from: string,
  to: string | null,
): Promise<void> {
  await client.query('select tenancy.hand_over($1, $2, $3)', [mover.move.tenantId, from, to])
}

/**
 * What a mover left out that died behind the registry's commit: its source is fenced and not gone,
 * and the tenant could not come back to it.
 */
export const finishLeaving = (client: pg.Client, mover: Mover, epoch: number): Promise<boolean> =>
  turn(client, mover, 'fenced', 'gone', epoch)

/**
 * Has every change of the tenant logged: all transactions that are open end first, and all that
 * come after are armed.
 */
export async function capture(mover: Mover): Promise<void> {
  const { move } = mover
  const source = await mover.source()
  if ((await residentIn(source, mover))?.state === 'copying') return
  const { result, pauseMs } = await withFence(mover, source, async () => ({
    result: await turn(source, mover, 'active', 'copying', move.source.epoch),
  }))
  if (!result)
    throw new Error(
      `tenant ${mover.slug} is not active in ${move.source.schema} under epoch ${move.source.epoch}; where an earlier move was abandoned, \`tenant move ${mover.slug} --tidy\` ends it`,
    )
  await mover.event('capture armed', '', { tookMs: pauseMs })
  await moment('capture armed')
}
