import { and, asc, desc, eq, inArray, isNotNull, lte, ne, notInArray, or, sql } from 'drizzle-orm'
import {
  endedMoveStates,
  isLive,
  urgentMoveStates,
  workerMoveStates,
} from '#tenancy/base/move-states'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { moveEvents, moves, tenants, type MoveState } from '#tenancy/base/schema'

/** A row of `tenancy.moves`. Both ends carry an encrypted password: do not send it to a browser. */
export type Move = typeof moves.$inferSelect
/** A row of `tenancy.move_events`. */
export type MoveEvent = typeof moveEvents.$inferSelect
export type EventFacts = Partial<Pick<MoveEvent, 'rows' | 'tookMs' | 'side' | 'location'>>

/**
 * Reads a move.
 * @param tenancy - The instance.
 * @param id - The id of the move.
 * @returns The move.
 * @throws Error if there is no move with this id.
 */
export async function readMove(tenancy: Tenancy, id: string): Promise<Move> {
  const [move] = await platform(tenancy).select().from(moves).where(eq(moves.id, id))
  if (!move) throw new Error(`there is no move ${id}`)
  return move
}

/**
 * Reads the live move of a tenant, or else its latest one.
 * @param tenancy - The instance.
 * @param tenantId - The tenant's id.
 * @returns The move, or undefined if the tenant was never moved.
 */
export async function latestMove(tenancy: Tenancy, tenantId: string): Promise<Move | undefined> {
  const [move] = await platform(tenancy)
    .select()
    .from(moves)
    .where(eq(moves.tenantId, tenantId))
    .orderBy(
      desc(notInArray(moves.state, endedMoveStates)),
      desc(moves.requestedAt),
      desc(moves.id),
    )
    .limit(1)
  return move
}

/**
 * Reads the latest move of a tenant if it was force-finished. Ignores later aborted moves.
 */
export async function forceFinishedMove(
  tenancy: Tenancy,
  tenantId: string,
  db: PlatformDb = platform(tenancy),
): Promise<Move | undefined> {
  const [move] = await db
    .select()
    .from(moves)
    .where(
      and(
        eq(moves.tenantId, tenantId),
        or(ne(moves.state, 'aborted'), isNotNull(moves.forceFinishBy)),
      ),
    )
    .orderBy(desc(moves.requestedAt), desc(moves.id))
    .limit(1)
  return move && !isLive(move.state) && move.forceFinishBy !== null ? move : undefined
}

/**
 * Lists the locations where force-finished moves left a copy of the tenant, on servers that could
 * not be reached.
 * @returns Each as `HOST:PORT/DATABASE, schema SCHEMA`.
 */
export async function orphanedLocations(tenancy: Tenancy, tenantId: string): Promise<string[]> {
  const rows = await platform(tenancy)
    .selectDistinct({ location: moveEvents.location })
    .from(moveEvents)
    .innerJoin(moves, eq(moves.id, moveEvents.moveId))
    .where(
      and(
        eq(moves.tenantId, tenantId),
        isNotNull(moves.forceFinishBy),
        eq(moveEvents.event, 'orphaned'),
      ),
    )
  return rows.flatMap(({ location }) => location ?? [])
}

/**
 * Reads the events of a move, oldest first.
 * @param tenancy - The instance.
 * @param moveId - The id of the move.
 * @returns The events.
 */
export const readEvents = (tenancy: Tenancy, moveId: string): Promise<MoveEvent[]> =>
  platform(tenancy)
    .select()
    .from(moveEvents)
    .where(eq(moveEvents.moveId, moveId))
    .orderBy(asc(moveEvents.seq))

export async function addEvent(
  tenancy: Tenancy,
  moveId: string,
  { tookMs, ...event }: EventFacts & Pick<MoveEvent, 'event' | 'detail'>,
): Promise<void> {
  await platform(tenancy)
    .insert(moveEvents)
    .values({ moveId, ...event, tookMs: tookMs == null ? null : Math.round(tookMs) })
}

/**
 * Changes the state of a move by compare-and-set.
 * @param changes - Other columns to change with it.
 * @returns False, without any change, if the move was not in state `from`.
 */
export async function advance(
  db: PlatformDb,
  moveId: string,
  { from, to }: { from: MoveState; to: MoveState },
  changes: Partial<Move> = {},
): Promise<boolean> {
  const changed = await db
    .update(moves)
    .set({
      statusDetail: '',
      retryError: null,
      attempts: 0,
      ...changes,
      state: to,
      changedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(moves.id, moveId), eq(moves.state, from)))
    .returning({ id: moves.id })
  return changed.length === 1
}

/**
 * True if an operator can force-finish the move, because only the clean-up at one end is left.
 */
export const canForceFinish = ({
  state,
  source,
  target,
}: Pick<Move, 'state' | 'source' | 'target'>): boolean =>
  (state === 'aborting' || state === 'confirmed') && (source.serverId ?? target.serverId) !== null

/**
 * Ends an aborting move that was undone. If it was a rollback, the move that it would have undone
 * becomes live again in the same transaction, because a tenant has at most one live move.
 */
export const finishAbort = (tenancy: Tenancy, { id, rollsBack }: Move): Promise<void> =>
  platform(tenancy).transaction(async (tx) => {
    await advance(tx, id, { from: 'aborting', to: 'aborted' })
    if (rollsBack !== null) await advance(tx, rollsBack, { from: 'rolling_back', to: 'switched' })
  })

export async function updateMove(
  tenancy: Tenancy,
  moveId: string,
  changes: Partial<Move>,
): Promise<void> {
  await platform(tenancy).update(moves).set(changes).where(eq(moves.id, moveId))
}

/**
 * Lists the moves that the worker must advance now, oldest first.
 * @returns `urgent` moves must not wait for a free slot; see `moveStates`.
 */
export async function dueMoves(tenancy: Tenancy): Promise<{ id: string; urgent: boolean }[]> {
  const isConfirmed = or(isNotNull(moves.confirmBy), lte(moves.graceUntil, sql`clock_timestamp()`))
  return platform(tenancy)
    .select({ id: moves.id, urgent: sql<boolean>`${inArray(moves.state, urgentMoveStates)}` })
    .from(moves)
    .where(
      and(
        or(inArray(moves.state, workerMoveStates), and(eq(moves.state, 'switched'), isConfirmed)),
        lte(moves.nextAttemptAt, sql`clock_timestamp()`),
      ),
    )
    .orderBy(moves.requestedAt)
}

export async function slugOf(tenancy: Tenancy, tenantId: string): Promise<string> {
  const [tenant] = await platform(tenancy)
    .select({ slug: tenants.slug })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
  return tenant?.slug ?? tenantId
}
