import { and, desc, eq, isNotNull, notInArray, sql } from 'drizzle-orm'
import { NotFound } from '#db/errors'
import { isId } from '#db/id'
import { beyond, orderBy, page, type Cursor, type Page } from '#db/product/keyset'
import { abandonedMove, mayAbandon, readEvents } from '#db/move/ledger'
import { isLive, over } from '#db/move/states'
import { platform } from '#db/registry'
import {
  moves,
  tenants,
  type MoveEnd,
  type MoveState,
  type PlacementKind,
  type Tier,
} from '#db/schema/platform'

export type ViewedEvent = {
  seq: number
  at: string
  event: string
  detail: string
  rows: number | null
  tookMs: number | null
}
/**
 * A move as people see it: no passwords, all values fit for JSON. `over`: nothing more will happen
 * unless somebody asks for it.
 */
export type MoveView = {
  id: string
  slug: string
  tenant: string
  state: MoveState
  over: boolean
  note: string
  error: string | null
  from: PlacementKind
  to: PlacementKind
  tierFrom: Tier
  tierTo: Tier
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
  abandonBy: string | null
  /** It waits for a server that may be gone for good. */
  abandonable: boolean
  /** It ended without a server, and that can still be made good. */
  tidiable: boolean
  rollsBack: string | null
  wayBack: string | null
  events: ViewedEvent[]
}

/** A move and everything that has happened in it. Throws NotFound. */
export async function readMoveView(id: string): Promise<MoveView> {
  if (!isId(id)) throw new NotFound('move')
  const db = platform()
  const [[row], events, [back]] = await Promise.all([
    db
      .select({ move: moves, slug: tenants.slug, tenant: tenants.name })
      .from(moves)
      .innerJoin(tenants, eq(tenants.id, moves.tenantId))
      .where(eq(moves.id, id)),
    readEvents(id),
    db
      .select({ id: moves.id })
      .from(moves)
      .where(eq(moves.rollsBack, id))
      .orderBy(desc(moves.requestedAt))
      .limit(1),
  ])
  if (!row) throw new NotFound('move')
  const tidiable =
    row.move.abandonBy !== null && (await abandonedMove(row.move.tenantId))?.id === id
  const {
    state,
    note,
    error,
    source,
    target,
    tierFrom,
    tierTo,
    requestedBy,
    reason,
    requestedAt,
    changedAt,
    rowsTotal,
    rowsDone,
    pauseMs,
    graceUntil,
    abortBy,
    confirmBy,
    abandonBy,
    rollsBack,
  } = row.move
  return {
    id,
    slug: row.slug,
    tenant: row.tenant,
    state,
    note,
    error,
    from: source.kind,
    to: target.kind,
    tierFrom,
    tierTo,
    requestedBy,
    reason,
    over: !isLive(state) && state !== 'rolling_back',
    requestedAt: requestedAt.toISOString(),
    changedAt: changedAt.toISOString(),
    rowsTotal,
    rowsDone,
    pauseMs,
    graceUntil: graceUntil?.toISOString() ?? null,
    abortBy,
    confirmBy,
    abandonBy,
    abandonable: mayAbandon(row.move) && abandonBy === null && note.startsWith('will try again'),
    tidiable,
    rollsBack,
    wayBack: back?.id ?? null,
    events: events.map(({ seq, at, event, detail, rows, tookMs }) => ({
      seq,
      at: at.toISOString(),
      event,
      detail,
      rows,
      tookMs,
    })),
  }
}

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
  note: string
  graceUntil: Date | null
}

/**
 * All moves, the newest first; with `live`, those on which something is still to be done or
 * decided.
 */
export async function listMoves({
  live,
  size,
  cursor,
}: {
  live: boolean
  size: number
  cursor: Cursor | null
}): Promise<Page<MoveRow>> {
  // ids sort by the time they were made
  const ordering = { by: moves.id, id: moves.id, descending: true }
  const rows = await platform()
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
      note: moves.note,
      graceUntil: moves.graceUntil,
    })
    .from(moves)
    .innerJoin(tenants, eq(tenants.id, moves.tenantId))
    .where(and(live ? notInArray(moves.state, over) : undefined, beyond(ordering, cursor)))
    .orderBy(...orderBy(ordering, cursor))
    .limit(size + 1)
  return page(rows, size, cursor, (row) => row.id)
}

const withoutSecret = (end: typeof moves.source | typeof moves.target) =>
  sql<MoveEnd>`${end} - 'secret'`

/** How long writes waited at the switches of the last moves: what one may expect of the next. */
export async function usualPause(): Promise<{
  moves: number
  medianMs: number
  longestMs: number
} | null> {
  const recent = platform()
    .select({ pauseMs: moves.pauseMs })
    .from(moves)
    .where(isNotNull(moves.pauseMs))
    .orderBy(desc(moves.requestedAt))
    .limit(100)
    .as('recent')
  const [row] = await platform()
    .select({
      moves: sql<number>`count(*)::int`,
      medianMs: sql<number>`percentile_cont(0.5) within group (order by ${recent.pauseMs})`,
      longestMs: sql<number>`max(${recent.pauseMs})`,
    })
    .from(recent)
  return row && row.moves > 0 ? row : null
}
