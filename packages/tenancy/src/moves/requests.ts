import { and, eq } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { newId } from '#tenancy/base/ids'
import { isBeforeSwitch, isLive } from '#tenancy/base/move-states'
import { moves, placements, tenants, type MoveEnd } from '#tenancy/base/schema'
import { type Tenancy } from '#tenancy/base/tenancy'
import { MoveActionRefused, MoveUnderWay } from '#tenancy/moves/errors'
import { lockTenant, type MoveActionRequest } from '#tenancy/moves/move-actions'
import { isSameDatabase, locationName } from '#tenancy/moves/move-ends'
import { latestMove, type Move } from '#tenancy/moves/move-store'
import { type MoveRequest, isAt, resolveEnds } from '#tenancy/moves/move-target'
import { preflight, type MovePlan } from '#tenancy/moves/preflight'
import { platform } from '#tenancy/registry/placements'

/**
 * Tells what a move would do and estimates how long it takes. Changes nothing on either server.
 * @param tenancy - The instance.
 * @param request - As for `requestMove`.
 * @returns The plan, with the names of both locations.
 * @throws The errors of `requestMove`.
 */
export async function planMove(
  tenancy: Tenancy,
  request: MoveRequest,
): Promise<MovePlan & { from: string; to: string }> {
  const { source, target } = await resolveEnds(tenancy, request, { registerServer: false })
  const plan = await preflight(tenancy, {
    tenantId: request.tenantId,
    source,
    target,
    // resolveEnds has already checked another server, as its administrator
    checkTarget: target.serverId === null,
  })
  const nameOf = ({ database, schema }: MoveEnd) => locationName({ server: null, database, schema })
  return {
    ...plan,
    from: nameOf(source),
    to: request.databaseUrl
      ? `${new URL(request.databaseUrl).host}/${target.database}`
      : nameOf(target),
  }
}

/**
 * Requests a move, which the worker performs. The tenant's tier changes at the switch. Concurrent
 * requests for the same move share one.
 * @param tenancy - The instance.
 * @param request - The tenant and the destination.
 * @returns The move.
 * @throws SameLocation, MoveUnderWay, ServerTooOld, ServerUnusable, TargetOccupied, TargetFull,
 *   VersionsDiffer, TableNotMovable, TablesInACircle or Invalid
 */
export async function requestMove(tenancy: Tenancy, request: MoveRequest): Promise<Move> {
  const known = await latestMove(tenancy, request.tenantId)
  if (known && isLive(known.state)) return joinExisting(tenancy, known, request)
  const { slug, tier, source, target } = await resolveEnds(tenancy, request, {
    registerServer: true,
  })
  const { rows } = await preflight(tenancy, {
    tenantId: request.tenantId,
    source,
    target,
    checkTarget: true,
  })
  const inserted = await insertMove(tenancy, request.tenantId, {
    source,
    target,
    tierFrom: tier,
    tierTo: request.tier ?? tier,
    requestedBy: request.actor,
    reason: request.reason,
    rowsTotal: rows,
    ...(request.graceHours === undefined ? {} : { graceHours: request.graceHours }),
  })
  if (inserted) return inserted
  const other = await latestMove(tenancy, request.tenantId)
  if (!other) throw new MoveUnderWay(slug, 'requested')
  return joinExisting(tenancy, other, request)
}

/**
 * Requests a rollback: a move back to the old location, whose rows are still there and receive what
 * has been written since the switch.
 * @param tenancy - The instance.
 * @param request - The tenant, the operator and the reason.
 * @returns The rollback, which is itself a move.
 * @throws MoveActionRefused unless the latest move is switched and is not a rollback itself.
 */
export async function requestRollback(
  tenancy: Tenancy,
  { tenantId, slug, actor, reason }: MoveActionRequest & { reason: string },
): Promise<Move> {
  const first = await latestMove(tenancy, tenantId)
  if (!first || first.state !== 'switched' || first.rollsBack !== null)
    throw new MoveActionRefused(slug, 'rollback', first?.state ?? null)
  const [current] = await platform(tenancy)
    .select()
    .from(placements)
    .where(eq(placements.tenantId, tenantId))
  const source = { ...first.target, epoch: current?.epoch ?? 0 }
  const { rows } = await preflight(tenancy, {
    tenantId,
    source,
    target: first.source,
    checkTarget: false,
  })
  const inserted = await insertMove(tenancy, tenantId, {
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
  if (!inserted)
    throw new MoveActionRefused(
      slug,
      'rollback',
      (await latestMove(tenancy, tenantId))?.state ?? first.state,
    )
  return inserted
}

/** Returns the live move if it is the one requested, and throws MoveUnderWay if it is another. */
async function joinExisting(
  tenancy: Tenancy,
  move: Move,
  { tenantId, to, databaseUrl }: MoveRequest,
): Promise<Move> {
  const isSame =
    isBeforeSwitch(move.state) &&
    move.abortBy === null &&
    move.target.kind === to &&
    (databaseUrl === undefined || (await isAt(tenancy, move.target, databaseUrl)))
  if (isSame) return move
  const [tenant] = await platform(tenancy)
    .select({ slug: tenants.slug })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
  throw new MoveUnderWay(tenant?.slug ?? tenantId, move.state)
}

type NewMove = Omit<typeof moves.$inferInsert, 'id' | 'tenantId'>

/**
 * Inserts the move and its audit row, and marks the move that it rolls back. Changes nothing if
 * another request came first.
 */
function insertMove(
  tenancy: Tenancy,
  tenantId: string,
  values: NewMove,
): Promise<Move | undefined> {
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
    const [inserted] = await db
      .insert(moves)
      .values({ ...values, id: newId(), tenantId })
      .onConflictDoNothing()
      .returning()
    if (!inserted) return undefined
    const { source, target, tierFrom, tierTo } = values
    await recordAudit(db, {
      actor: values.requestedBy,
      action: auditAction(values),
      tenantId,
      detail: {
        move: inserted.id,
        reason: values.reason,
        from: source.kind,
        to: target.kind,
        tierFrom,
        tierTo,
        sameDatabase: isSameDatabase(source, target),
      },
    })
    return inserted
  })
}

function auditAction({ rollsBack, tierFrom, tierTo }: NewMove): string {
  if (rollsBack) return 'move rollback requested'
  return tierFrom === tierTo ? 'move requested' : 'tier change requested'
}
