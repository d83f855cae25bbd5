import { and, eq, inArray, sql } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { NoSuchMove } from '#tenancy/moves/errors'
import { type Tenancy, type PlatformDb } from '#tenancy/base/tenancy'
import { isSamePlace } from '#tenancy/moves/move-ends'
import { abandonedMove, latestMove, mayAbandon, type Move } from '#tenancy/moves/move-store'
import { isBefore } from '#tenancy/moves/states'
import { platform } from '#tenancy/registry/placements'
import { moves, placements, tenants } from '#tenancy/base/schema'

/**
 * Asks for the move to be given up. Before the switch only; the worker does it at its next step,
 * and says when it was too late.
 */
export const requestAbort = (
  tenancy: Tenancy,
  tenantId: string,
  slug: string,
  actor: string,
): Promise<Move> =>
  wish(
    tenancy,
    tenantId,
    slug,
    'aborted',
    { abortBy: actor },
    (move) => isBefore(move.state),
    actor,
  )

/** Gives the way back up: the old copy is removed. */
export const requestConfirm = (
  tenancy: Tenancy,
  tenantId: string,
  slug: string,
  actor: string,
): Promise<Move> =>
  wish(
    tenancy,
    tenantId,
    slug,
    'confirmed',
    { confirmBy: actor },
    (move) => move.state === 'switched',
    actor,
  )

/**
 * Has a move end that is given up or confirmed, although a server of it is gone for good: what is
 * on that server is left there.
 */
export const requestAbandon = (
  tenancy: Tenancy,
  tenantId: string,
  slug: string,
  actor: string,
): Promise<Move> =>
  wish(tenancy, tenantId, slug, 'abandoned', { abandonBy: actor }, mayAbandon, actor)

/**
 * Has an abandoned move end as it should have, now that its server is there again: given up, the
 * tenant is let in where it was shut; confirmed, its new place is its own; and what the move left
 * on that server is taken away. Only while no other move has come to something since.
 */
export const requestTidying = (
  tenancy: Tenancy,
  tenantId: string,
  slug: string,
  actor: string,
): Promise<Move> =>
  platform(tenancy).transaction(async (db) => {
    await lockTenant(db, tenantId)
    const [move, [placement]] = [
      await abandonedMove(tenancy, tenantId, db),
      await db.select().from(placements).where(eq(placements.tenantId, tenantId)),
    ]
    const [again, home] =
      move?.state === 'aborted'
        ? ['aborting' as const, move.source]
        : ['confirmed' as const, move?.target]
    if (!move || !home || !placement || !isSamePlace(placement, home))
      throw new NoSuchMove(
        slug,
        'tidied up',
        (await latestMove(tenancy, tenantId))?.state ?? 'not there',
      )
    let { rollsBack } = move
    if (again === 'aborting' && rollsBack !== null) {
      // as when the way back was asked for; where the move that it rolls back has ended since, it
      // stands for itself
      const held = await db
        .update(moves)
        .set({ state: 'rolling_back', abandonBy: null })
        .where(and(eq(moves.id, rollsBack), inArray(moves.state, ['switched', 'confirmed'])))
        .returning({ id: moves.id })
      if (held.length === 0) rollsBack = null
    }
    return ask(
      db,
      move,
      'tidied up',
      { state: again, rollsBack, abandonBy: null, changedAt: new Date() },
      slug,
      actor,
    )
  })

async function wish(
  tenancy: Tenancy,
  tenantId: string,
  slug: string,
  wanted: string,
  changes: Partial<Move>,
  may: (move: Move) => boolean,
  actor: string,
): Promise<Move> {
  const move = await latestMove(tenancy, tenantId)
  if (!move || !may(move)) throw new NoSuchMove(slug, wanted, move?.state ?? 'not there')
  return platform(tenancy).transaction((db) => ask(db, move, wanted, changes, slug, actor))
}

/**
 * Changes a move that is still in the state it was read in, with its audit row. The worker takes it
 * up at once.
 */
async function ask(
  db: PlatformDb,
  move: Move,
  wanted: string,
  changes: Partial<Move>,
  slug: string,
  actor: string,
): Promise<Move> {
  const [changed] = await db
    .update(moves)
    .set({ ...changes, retryAt: sql`clock_timestamp()` })
    .where(and(eq(moves.id, move.id), eq(moves.state, move.state)))
    .returning()
  if (!changed) throw new NoSuchMove(slug, wanted, 'going on; ask again')
  await recordAudit(db, {
    actor,
    action: `move to be ${wanted}`,
    tenantId: move.tenantId,
    detail: { move: move.id },
  })
  return changed
}

/** One after the other: who asks for a new move, and who takes up an old one. */
export const lockTenant = (db: PlatformDb, tenantId: string) =>
  db.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId)).for('no key update')
