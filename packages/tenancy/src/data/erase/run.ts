import { and, eq, isNull, lte, sql } from 'drizzle-orm'
import { RowhouseError } from '#tenancy/base/errors'
import { OnHold } from '#tenancy/data/errors'
import { MoveUnderWay } from '#tenancy/moves/errors'
import * as erasures from '#tenancy/data/erase/erasures'
import { forgetTenant, type Receipt } from '#tenancy/data/erase/forget'
import { refuseOnHold } from '#tenancy/data/holds'
import { latestMove } from '#tenancy/moves/move-store'
import { requestAbort, requestConfirm } from '#tenancy/moves/move-actions'
import { isBeforeSwitch } from '#tenancy/base/move-states'
import { platform } from '#tenancy/registry/placements'
import { erasures as table } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Carries out one erasure whose time has come, and leaves a receipt. Safe to call again after a
 * crash: what an earlier run counted stays on the receipt. Returns the receipt, or undefined when
 * the erasure is not due, withdrawn or done. Throws OnHold, MoveUnderWay.
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
    // once rows have been counted they may be going, and there is no way back
    if (Object.keys(receipt).length === 0) await refuseOnHold(db, started.tenantId)
    await forgetTenant(tenancy, started.tenantId, async (counted) => {
      receipt = merged(receipt, counted)
      await db.update(table).set({ receipt }).where(eq(table.id, id))
    })
    await db
      .update(table)
      .set({ requestedBy: null, problem: null, endedAt: sql`clock_timestamp()` })
      .where(eq(table.id, id))
    return receipt
  } catch (error) {
    const back = OnHold.is(error) || MoveUnderWay.is(error)
    await db
      .update(table)
      .set({ problem: problemOf(error), ...(back && { startedAt: null }) })
      .where(eq(table.id, id))
    throw error
  }
}

/** Every erasure whose time has come. One that cannot be done now is tried again the next time. */
export async function runErasures(tenancy: Tenancy): Promise<void> {
  for (const { id, tenantId } of await erasures.due(platform(tenancy))) {
    await endMove(tenancy, tenantId)
    await runErasure(tenancy, id).catch((error: unknown) =>
      tenancy.config.logger.error({ erasure: id, error: problemOf(error) }, 'erasure failed'),
    )
  }
}

/** A tenant that is about to be forgotten needs no move: it is given up, or its way back is. */
async function endMove(tenancy: Tenancy, tenantId: string): Promise<void> {
  const move = await latestMove(tenancy, tenantId)
  if (!move) return
  if (isBeforeSwitch(move.state) && move.abortBy === null)
    await requestAbort(tenancy, { tenantId, slug: tenantId, actor: 'erasure' })
  if (move.state === 'switched' && move.confirmBy === null)
    await requestConfirm(tenancy, { tenantId, slug: tenantId, actor: 'erasure' })
}

/** The first count of each thing is what there was: a later run finds the rest. */
function merged(before: Receipt, now: Receipt): Receipt {
  const sum = { ...now, ...before }
  for (const [what, count] of Object.entries(now)) sum[what] = Math.max(count, before[what] ?? 0)
  return Object.fromEntries(Object.entries(sum).filter(([, count]) => count > 0))
}

const problemOf = (error: unknown) =>
  RowhouseError.is(error) ? error.message : 'something went wrong on our side; the log says what'
