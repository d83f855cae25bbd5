import { and, eq } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { MoveUnderWay, NoSuchMove } from '#tenancy/moves/errors'
import { newId } from '#tenancy/base/ids'
import { type Tenancy } from '#tenancy/base/tenancy'
import { isHere, placeName } from '#tenancy/moves/move-ends'
import { latestMove, type Move } from '#tenancy/moves/move-store'
import { survey, type Survey } from '#tenancy/moves/preflight'
import { isBefore, isLive } from '#tenancy/moves/states'
import { platform } from '#tenancy/registry/placements'
import { moves, placements, tenants, type MoveEnd } from '#tenancy/base/schema'
import { type MoveRequest, endsOf, isAt } from '#tenancy/moves/move-target'
import { lockTenant } from '#tenancy/moves/decisions'

/**
 * What the move would do and how long it may take; nothing is changed, here or there. Throws as
 * `requestMove` does.
 */
export async function planMove(
  tenancy: Tenancy,
  request: MoveRequest,
): Promise<Survey & { from: string; to: string }> {
  const { source, target } = await endsOf(tenancy, request, false)
  // another server was looked at just now, by its administrator
  const plan = await survey(tenancy, request.tenantId, source, target, target.serverId !== null)
  const at = ({ database, schema: name }: MoveEnd) =>
    placeName({ server: null, database, schema: name })
  return {
    ...plan,
    from: at(source),
    to: request.databaseUrl
      ? `${new URL(request.databaseUrl).host}/${target.database}`
      : at(target),
  }
}

/**
 * Writes a move down, with its audit row; the worker looks for moves that are due. The tier
 * changes at the switch. Two who ask for the same move at once get one. Throws SamePlace, MoveUnderWay,
 * ServerTooOld, ServerUnusable, TargetOccupied, TargetFull, VersionsDiffer or Invalid.
 */
export async function requestMove(tenancy: Tenancy, request: MoveRequest): Promise<Move> {
  const known = await latestMove(tenancy, request.tenantId)
  if (known && isLive(known.state)) return joined(tenancy, known, request)
  const { slug, tier, source, target } = await endsOf(tenancy, request, true)
  const { rows } = await survey(tenancy, request.tenantId, source, target, false)
  const made = await write(tenancy, request.tenantId, {
    source,
    target,
    tierFrom: tier,
    tierTo: request.tier ?? tier,
    requestedBy: request.actor,
    reason: request.reason,
    rowsTotal: rows,
    ...(request.graceHours === undefined ? {} : { graceHours: request.graceHours }),
  })
  if (made) return made
  const other = await latestMove(tenancy, request.tenantId)
  if (!other) throw new MoveUnderWay(slug, 'requested')
  return joined(tenancy, other, request)
}

/**
 * Asks for the way back: a move to the old place, which still has what was there and gets what was
 * written since.
 */
export async function requestRollback(
  tenancy: Tenancy,
  tenantId: string,
  slug: string,
  actor: string,
  reason: string,
): Promise<Move> {
  const first = await latestMove(tenancy, tenantId)
  if (!first || first.state !== 'switched' || first.rollsBack !== null)
    throw new NoSuchMove(slug, 'rolled back', first?.state ?? 'not there')
  const [current] = await platform(tenancy)
    .select()
    .from(placements)
    .where(eq(placements.tenantId, tenantId))
  const source = { ...first.target, epoch: current?.epoch ?? 0 }
  const { rows } = await survey(tenancy, tenantId, source, first.source, true)
  const made = await write(tenancy, tenantId, {
    source,
    target: first.source,
    tierFrom: first.tierTo,
    tierTo: first.tierFrom,
    requestedBy: actor,
    reason,
    rowsTotal: rows,
    rollsBack: first.id,
    graceHours: 0,
  })
  if (!made)
    throw new NoSuchMove(
      slug,
      'rolled back',
      (await latestMove(tenancy, tenantId))?.state ?? first.state,
    )
  return made
}

/** Somebody has asked already: for the same, and then it is one move, or for something else. */
async function joined(
  tenancy: Tenancy,
  move: Move,
  { tenantId, to, databaseUrl }: MoveRequest,
): Promise<Move> {
  const same =
    isBefore(move.state) &&
    move.abortBy === null &&
    move.target.kind === to &&
    (databaseUrl === undefined || (await isAt(tenancy, move.target, databaseUrl)))
  if (same) return move
  const [tenant] = await platform(tenancy)
    .select({ slug: tenants.slug })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
  throw new MoveUnderWay(tenant?.slug ?? tenantId, move.state)
}

type NewMove = Omit<typeof moves.$inferInsert, 'id' | 'tenantId'>

/**
 * The move, its audit row and the state of a move that is rolled back: all, or none when somebody was
 * quicker.
 */
function write(tenancy: Tenancy, tenantId: string, values: NewMove): Promise<Move | undefined> {
  return platform(tenancy).transaction(async (db) => {
    await lockTenant(db, tenantId)
    if (values.rollsBack) {
      const [first] = await db
        .update(moves)
        .set({ state: 'rolling_back' })
        .where(and(eq(moves.id, values.rollsBack), eq(moves.state, 'switched')))
        .returning({ id: moves.id })
      if (!first) return undefined
    }
    const [made] = await db
      .insert(moves)
      .values({ ...values, id: newId(), tenantId })
      .onConflictDoNothing()
      .returning()
    if (!made) return undefined
    const { source, target, tierFrom, tierTo } = values
    await recordAudit(db, {
      actor: values.requestedBy,
      action: values.rollsBack
        ? 'move to be rolled back'
        : tierFrom === tierTo
          ? 'move requested'
          : 'tier change requested',
      tenantId,
      detail: {
        move: made.id,
        reason: values.reason,
        from: source.kind,
        to: target.kind,
        tierFrom,
        tierTo,
        sameDatabase: isHere(source, target),
      },
    })
    return made
  })
}
