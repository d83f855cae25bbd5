import { and, eq, isNull, lte, sql } from 'drizzle-orm'
import { nextAttemptAt } from '#tenancy/base/backoff'
import { RowhouseError } from '#tenancy/base/errors'
import { OnHold } from '#tenancy/data/errors'
import { MoveUnderWay } from '#tenancy/moves/errors'
import { eraseTenant, type Receipt } from '#tenancy/data/erase/erase-tenant'
import { refuseOnHold } from '#tenancy/data/holds'
import { latestMove } from '#tenancy/moves/move-store'
import { requestAbort, requestConfirm } from '#tenancy/moves/move-actions'
import { isBeforeSwitch } from '#tenancy/base/move-states'
import { platform } from '#tenancy/registry/placements'
import { erasures as table } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

const backoff = { firstMs: 10_000, maxMs: 300_000 }

/**
 * Carries out an erasure that is due, and stores its receipt. Safe to call again after a crash: the
 * counts of an earlier run stay on the receipt.
 * @param tenancy - The instance.
 * @param id - The id of the erasure.
 * @returns The receipt. Undefined when the erasure is not due yet, was withdrawn, or has ended.
 * @throws OnHold
 * @throws MoveUnderWay
 */
export async function runErasure(tenancy: Tenancy, id: string): Promise<Receipt | undefined> {
  const db = platform(tenancy)
  const [started] = await db
    .update(table)
    .set({ startedAt: sql`coalesce(${table.startedAt}, clock_timestamp())` })
    .where(
      and(
        eq(table.id, id),
        isNull(table.withdrawnAt),
        isNull(table.endedAt),
        lte(table.dueAt, sql`clock_timestamp()`),
      ),
    )
    .returning()
  if (!started) return undefined
  let receipt = started.receipt
  try {
    // once rows were counted, some may have been deleted already, so a hold comes too late
    if (Object.keys(receipt).length === 0) await refuseOnHold(db, started.tenantId)
    await eraseTenant(tenancy, started.tenantId, async (counted) => {
      receipt = merged(receipt, counted)
      await db.update(table).set({ receipt }).where(eq(table.id, id))
    })
    await db
      .update(table)
      .set({ requestedBy: null, problem: null, endedAt: sql`clock_timestamp()` })
      .where(eq(table.id, id))
    return receipt
  } catch (error) {
    const notStarted = OnHold.is(error) || MoveUnderWay.is(error)
    await db
      .update(table)
      .set({
        problem: problemOf(error),
        ...(notStarted && { startedAt: null }),
        attempts: sql`${table.attempts} + 1`,
        nextAttemptAt: nextAttemptAt(sql`${table.attempts} + 1`, backoff),
      })
      .where(eq(table.id, id))
    throw error
  }
}

/** Ends a move of the tenant, then runs the erasure. A failed erasure is retried later. */
export async function processErasure(tenancy: Tenancy, id: string): Promise<void> {
  const [row] = await platform(tenancy)
    .select({ tenantId: table.tenantId })
    .from(table)
    .where(eq(table.id, id))
  if (!row) return
  await endMove(tenancy, row.tenantId)
  await runErasure(tenancy, id)
}

/** Aborts a move that has not switched, and confirms one that has. */
async function endMove(tenancy: Tenancy, tenantId: string): Promise<void> {
  const move = await latestMove(tenancy, tenantId)
  if (!move) return
  if (isBeforeSwitch(move.state) && move.abortBy === null)
    await requestAbort(tenancy, { tenantId, slug: tenantId, actor: 'erasure' })
  if (move.state === 'switched' && move.confirmBy === null)
    await requestConfirm(tenancy, { tenantId, slug: tenantId, actor: 'erasure' })
}

/** Keeps the larger count of each item, because a later run finds only what an earlier one left. */
function merged(before: Receipt, now: Receipt): Receipt {
  const sum = { ...now, ...before }
  for (const [what, count] of Object.entries(now)) sum[what] = Math.max(count, before[what] ?? 0)
  return Object.fromEntries(Object.entries(sum).filter(([, count]) => count > 0))
}

const problemOf = (error: unknown) =>
  RowhouseError.is(error) ? error.message : 'something went wrong on our side; the log says what'
