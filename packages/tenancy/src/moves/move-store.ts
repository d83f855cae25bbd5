import { and, asc, desc, eq, inArray, isNotNull, ne, notInArray, or, sql } from 'drizzle-orm'
import {
  endedMoveStates,
  isLive,
  urgentMoveStates,
  workerMoveStates,
} from '#tenancy/base/move-states'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { moveEvents, moves, tenants, type MoveState } from '#tenancy/base/schema'

export type Move = typeof moves.$inferSelect
export type MoveEvent = typeof moveEvents.$inferSelect
export type EventFacts = Partial<Pick<MoveEvent, 'rows' | 'tookMs' | 'side' | 'location'>>

export async function readMove(tenancy: Tenancy, id: string): Promise<Move> {
  const [move] = await platform(tenancy).select().from(moves).where(eq(moves.id, id))
  if (!move) throw new Error(`there is no move ${id}`)
  return move
}

/**
 * The move of a tenant on which something is still to be done or decided; where there is none, the
 * newest.
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
 * The newest move of a tenant where it ended without one of its servers; one that was given up
 * since, and came to nothing, does not count.
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
 * Where force-finished moves of a tenant left a copy on a server that could not be reached.
 * @returns One `HOST:PORT/DATABASE, schema SCHEMA` for each.
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

/** Compare and set: false when the move is in another state by now, and then nothing changes. */
export async function advance(
  tenancy: Tenancy,
  moveId: string,
  from: MoveState,
  to: MoveState,
  changes: Partial<Move> = {},
  db: PlatformDb = platform(tenancy),
): Promise<boolean> {
  const done = await db
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
  return done.length === 1
}

/**
 * True when the move may end without one of its servers: nothing is left to do but to take away
 * what is at one end.
 */
export const canForceFinish = ({
  state,
  source,
  target,
}: Pick<Move, 'state' | 'source' | 'target'>): boolean =>
  ['aborting', 'confirmed'].includes(state) && (source.serverId ?? target.serverId) !== null

/**
 * A move that was given up and undone is over. The one that it was to roll back is live again, at
 * once: a tenant has one live move.
 */
export const finishAbort = (tenancy: Tenancy, { id, rollsBack }: Move): Promise<void> =>
  platform(tenancy).transaction(async (tx) => {
    await advance(tenancy, id, 'aborting', 'aborted', {}, tx)
    if (rollsBack !== null) await advance(tenancy, rollsBack, 'rolling_back', 'switched', {}, tx)
  })

export async function updateMove(
  tenancy: Tenancy,
  moveId: string,
  changes: Partial<Move>,
): Promise<void> {
  await platform(tenancy).update(moves).set(changes).where(eq(moves.id, moveId))
}

/**
 * Moves on which the worker has something to do now: to go on, to give up, or to clean up since
 * nobody objected in time. `urgent`: it may have been left between the two commits of a switch,
 * where its tenant is in neither place.
 */
export async function dueMoves(tenancy: Tenancy): Promise<{ id: string; urgent: boolean }[]> {
  const due = sql`(${inArray(moves.state, workerMoveStates)} or (${moves.state} = 'switched' and (${moves.confirmBy} is not null or ${moves.graceUntil} <= clock_timestamp())))`
  return platform(tenancy)
    .select({ id: moves.id, urgent: sql<boolean>`${inArray(moves.state, urgentMoveStates)}` })
    .from(moves)
    .where(and(due, sql`${moves.nextAttemptAt} <= clock_timestamp()`))
    .orderBy(moves.requestedAt)
}

export async function slugOf(tenancy: Tenancy, tenantId: string): Promise<string> {
  const [tenant] = await platform(tenancy)
    .select({ slug: tenants.slug })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
  return tenant?.slug ?? tenantId
}
