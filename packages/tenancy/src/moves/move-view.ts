import { and, desc, eq, isNotNull, notInArray, sql } from 'drizzle-orm'
import { NotFound } from '#tenancy/base/errors'
import { isId } from '#tenancy/base/ids'
import { beyond, orderBy, page, type Cursor, type Page } from '#tenancy/base/keyset'
import {
  forceFinishedMove,
  canForceFinish,
  readEvents,
  type Move,
  type MoveEvent,
} from '#tenancy/moves/move-store'
import { endedMoveStates, isLive } from '#tenancy/base/move-states'
import { platform } from '#tenancy/registry/placements'
import {
  moves,
  tenants,
  type MoveEnd,
  type MoveEventName,
  type MoveState,
} from '#tenancy/base/schema'
import { type PlacementKind, type Tenancy } from '#tenancy/base/tenancy'

export type ViewedEvent = {
  seq: number
  at: string
  event: MoveEventName
  detail: string
  side: 'source' | 'target' | null
  location: string | null
  rows: number | null
  tookMs: number | null
}
/** A move for the console, as JSON without passwords. `over`: it no longer changes by itself. */
export type MoveView = {
  id: string
  slug: string
  tenant: string
  state: MoveState
  over: boolean
  /** What the worker is doing, as text. */
  statusDetail: string
  /** Why the last attempt failed, while the move waits for its next one. */
  retryError: string | null
  rowsPerSecond: number | null
  error: string | null
  from: PlacementKind
  to: PlacementKind
  tierFrom: string
  tierTo: string
  requestedBy: string
  reason: string
  requestedAt: string
  changedAt: string
  rowsTotal: number
  rowsDone: number
  pauseMs: number | null
  graceUntil: string | null
  abortBy: string | null
  confirmBy: string | null
  forceFinishBy: string | null
  /** An operator can end it without waiting for its server. */
  canForceFinish: boolean
  /** It was force-finished, and an operator can still resume its clean-up. */
  canResume: boolean
  rollsBack: string | null
  wayBack: string | null
  events: ViewedEvent[]
}

/**
 * Reads a move as the console shows it.
 * @param tenancy - The instance.
 * @param id - The id of the move. Any string is accepted.
 * @returns The move with its events.
 * @throws NotFound
 */
export async function readMoveView(tenancy: Tenancy, id: string): Promise<MoveView> {
  if (!isId(id)) throw new NotFound('move')
  const db = platform(tenancy)
  const [[row], events, [back]] = await Promise.all([
    db
      .select({ move: moves, slug: tenants.slug, tenant: tenants.name })
      .from(moves)
      .innerJoin(tenants, eq(tenants.id, moves.tenantId))
      .where(eq(moves.id, id)),
    readEvents(tenancy, id),
    db
      .select({ id: moves.id })
      .from(moves)
      .where(eq(moves.rollsBack, id))
      .orderBy(desc(moves.requestedAt))
      .limit(1),
  ])
  if (!row) throw new NotFound('move')
  const canResume =
    row.move.forceFinishBy !== null &&
    (await forceFinishedMove(tenancy, row.move.tenantId))?.id === id
  return {
    id,
    slug: row.slug,
    tenant: row.tenant,
    ...moveFields(row.move),
    canResume,
    rollsBack: row.move.rollsBack,
    wayBack: back?.id ?? null,
    events: events.map(eventView),
  }
}

/** Copies field by field, because the row also has the passwords of both ends. */
const moveFields = (
  move: Move,
): Omit<MoveView, 'id' | 'slug' | 'tenant' | 'canResume' | 'rollsBack' | 'wayBack' | 'events'> => ({
  state: move.state,
  statusDetail: move.statusDetail,
  retryError: move.retryError,
  rowsPerSecond: move.rowsPerSecond,
  error: move.error,
  from: move.source.kind,
  to: move.target.kind,
  tierFrom: move.tierFrom,
  tierTo: move.tierTo,
  requestedBy: move.requestedBy,
  reason: move.reason,
  over: !isLive(move.state) && move.state !== 'rolling_back',
  requestedAt: move.requestedAt.toISOString(),
  changedAt: move.changedAt.toISOString(),
  rowsTotal: move.rowsTotal,
  rowsDone: move.rowsDone,
  pauseMs: move.pauseMs,
  graceUntil: move.graceUntil?.toISOString() ?? null,
  abortBy: move.abortBy,
  confirmBy: move.confirmBy,
  forceFinishBy: move.forceFinishBy,
  canForceFinish: canForceFinish(move) && move.forceFinishBy === null && move.retryError !== null,
})

const eventView = ({ moveId: _, at, ...event }: MoveEvent): ViewedEvent => ({
  ...event,
  at: at.toISOString(),
})

export type MoveRow = {
  id: string
  slug: string
  tenant: string
  state: MoveState
  source: MoveEnd
  target: MoveEnd
  requestedBy: string
  requestedAt: Date
  pauseMs: number | null
  rowsTotal: number
  rowsDone: number
  error: string | null
  abortBy: string | null
  graceUntil: Date | null
}

/**
 * Lists moves, newest first.
 * @param tenancy - The instance.
 * @param options - `live` selects moves that wait for the worker or an operator. `size` is the
 *   number of moves on a page.
 * @returns One page of moves.
 */
export async function listMoves(
  tenancy: Tenancy,
  {
    live,
    size,
    cursor,
  }: {
    live: boolean
    size: number
    cursor: Cursor | null
  },
): Promise<Page<MoveRow>> {
  // ids sort by creation time
  const ordering = { by: moves.id, id: moves.id, descending: true }
  const rows = await platform(tenancy)
    .select({
      id: moves.id,
      slug: tenants.slug,
      tenant: tenants.name,
      state: moves.state,
      source: withoutSecret(moves.source),
      target: withoutSecret(moves.target),
      requestedBy: moves.requestedBy,
      requestedAt: moves.requestedAt,
      pauseMs: moves.pauseMs,
      rowsTotal: moves.rowsTotal,
      rowsDone: moves.rowsDone,
      error: moves.error,
      abortBy: moves.abortBy,
      graceUntil: moves.graceUntil,
    })
    .from(moves)
    .innerJoin(tenants, eq(tenants.id, moves.tenantId))
    .where(
      and(live ? notInArray(moves.state, endedMoveStates) : undefined, beyond(ordering, cursor)),
    )
    .orderBy(...orderBy(ordering, cursor))
    .limit(size + 1)
  return page(rows, size, cursor, (row) => row.id)
}

const withoutSecret = (end: typeof moves.source | typeof moves.target) =>
  sql<MoveEnd>`${end} - 'secret'`

/**
 * Measures how long writes waited at the last 100 switches.
 * @param tenancy - The instance.
 * @returns The number of switches and their pauses, or null before the first switch.
 */
export async function usualPause(tenancy: Tenancy): Promise<{
  moves: number
  medianMs: number
  longestMs: number
} | null> {
  const recent = platform(tenancy)
    .select({ pauseMs: moves.pauseMs })
    .from(moves)
    .where(isNotNull(moves.pauseMs))
    .orderBy(desc(moves.requestedAt))
    .limit(100)
    .as('recent')
  const [row] = await platform(tenancy)
    .select({
      moves: sql<number>`count(*)::int`,
      medianMs: sql<number>`percentile_cont(0.5) within group (order by ${recent.pauseMs})`,
      longestMs: sql<number>`max(${recent.pauseMs})`,
    })
    .from(recent)
  return row && row.moves > 0 ? row : null
}
