import { and, eq, inArray, sql } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { isBeforeSwitch } from '#tenancy/base/move-states'
import { moves, placements, tenants } from '#tenancy/base/schema'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { MoveActionRefused, type MoveAction } from '#tenancy/moves/errors'
import { isSameLocation } from '#tenancy/moves/move-ends'
import { canForceFinish, forceFinishedMove, latestMove, type Move } from '#tenancy/moves/move-store'
import { platform } from '#tenancy/registry/placements'

/** The tenant whose latest move to act on. `actor` is recorded in the move and the audit trail. */
export type MoveActionRequest = { tenantId: string; slug: string; actor: string }

/**
 * Requests that the tenant's move be aborted. The worker aborts it at its next step, unless the
 * target has opened by then.
 * @param tenancy - The instance.
 * @param request - The tenant and the operator.
 * @returns The move.
 * @throws MoveActionRefused once the move has switched.
 */
export const requestAbort = (tenancy: Tenancy, request: MoveActionRequest): Promise<Move> =>
  requestAction(tenancy, request, {
    action: 'abort',
    changes: { abortBy: request.actor },
    isPermitted: (move) => isBeforeSwitch(move.state),
  })

/**
 * Ends the grace period of a switched move: the worker removes the old copy.
 * @param tenancy - The instance.
 * @param request - The tenant and the operator.
 * @returns The move.
 * @throws MoveActionRefused unless the move is switched.
 */
export const requestConfirm = (tenancy: Tenancy, request: MoveActionRequest): Promise<Move> =>
  requestAction(tenancy, request, {
    action: 'confirm',
    changes: { confirmBy: request.actor },
    isPermitted: (move) => move.state === 'switched',
  })

/**
 * Lets an aborting or confirmed move end without a server that is lost for good. The copy on that
 * server stays there, and an `orphaned` event records where it is.
 * @param tenancy - The instance.
 * @param request - The tenant and the operator.
 * @returns The move.
 * @throws MoveActionRefused
 */
export const requestForceFinish = (tenancy: Tenancy, request: MoveActionRequest): Promise<Move> =>
  requestAction(tenancy, request, {
    action: 'force-finish',
    changes: { forceFinishBy: request.actor },
    isPermitted: canForceFinish,
  })

/**
 * Resumes the clean-up of a force-finished move once its server is back: reopens the tenant where
 * the move had fenced it, and removes the orphaned copy.
 * @param tenancy - The instance.
 * @param request - The tenant and the operator.
 * @returns The move, which is live again.
 * @throws MoveActionRefused if a later move has completed.
 */
export const requestResume = (
  tenancy: Tenancy,
  { tenantId, slug, actor }: MoveActionRequest,
): Promise<Move> =>
  platform(tenancy).transaction(async (db) => {
    await lockTenant(db, tenantId)
    const move = await forceFinishedMove(tenancy, tenantId, db)
    const [placement] = await db.select().from(placements).where(eq(placements.tenantId, tenantId))
    const state = move?.state === 'aborted' ? 'aborting' : 'confirmed'
    const home = state === 'aborting' ? move?.source : move?.target
    if (!move || !home || !placement || !isSameLocation(placement, home))
      throw new MoveActionRefused(
        slug,
        'resume',
        (await latestMove(tenancy, tenantId))?.state ?? null,
      )
    let { rollsBack } = move
    if (state === 'aborting' && rollsBack !== null) {
      // an aborted rollback reopens the move that it should have undone, unless that one has ended
      // since
      const reopened = await db
        .update(moves)
        .set({ state: 'rolling_back', forceFinishBy: null })
        .where(and(eq(moves.id, rollsBack), inArray(moves.state, ['switched', 'confirmed'])))
        .returning({ id: moves.id })
      if (reopened.length === 0) rollsBack = null
    }
    return applyAction(db, move, {
      action: 'resume',
      changes: { state, rollsBack, forceFinishBy: null, changedAt: new Date() },
      slug,
      actor,
    })
  })

async function requestAction(
  tenancy: Tenancy,
  { tenantId, slug, actor }: MoveActionRequest,
  {
    action,
    changes,
    isPermitted,
  }: { action: MoveAction; changes: Partial<Move>; isPermitted: (move: Move) => boolean },
): Promise<Move> {
  const move = await latestMove(tenancy, tenantId)
  if (!move || !isPermitted(move)) throw new MoveActionRefused(slug, action, move?.state ?? null)
  return platform(tenancy).transaction((db) =>
    applyAction(db, move, { action, changes, slug, actor }),
  )
}

/**
 * Changes a move and records that in the audit trail, provided that the move is still in the state
 * in which it was read. Wakes the worker.
 */
async function applyAction(
  db: PlatformDb,
  move: Move,
  {
    action,
    changes,
    slug,
    actor,
  }: { action: MoveAction; changes: Partial<Move>; slug: string; actor: string },
): Promise<Move> {
  const [changed] = await db
    .update(moves)
    .set({ ...changes, attempts: 0, nextAttemptAt: sql`clock_timestamp()` })
    .where(and(eq(moves.id, move.id), eq(moves.state, move.state)))
    .returning()
  if (!changed) {
    const [now] = await db.select({ state: moves.state }).from(moves).where(eq(moves.id, move.id))
    throw new MoveActionRefused(slug, action, now?.state ?? null)
  }
  await recordAudit(db, {
    actor,
    action: `move ${action} requested`,
    tenantId: move.tenantId,
    detail: { move: move.id },
  })
  return changed
}

/** Serializes requests for a new move and the resumption of an old one. */
export const lockTenant = (db: PlatformDb, tenantId: string) =>
  db.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId)).for('no key update')
