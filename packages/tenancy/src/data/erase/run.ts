import { and, eq, isNull, lte, sql } from 'drizzle-orm'
import { MoveUnderWay, OnHold, RowhouseError } from '#db/errors'
import * as erasures from '#db/erase/erasures'
import { forgetTenant, type Receipt } from '#db/erase/forget'
import { refuseOnHold } from '#db/holds'
import { latestMove } from '#db/move/ledger'
import { requestAbort, requestConfirm } from '#db/move/request'
import { isBefore } from '#db/move/states'
import { platform } from '#db/registry'
import { erasures as table } from '#db/schema/platform'

/**
 * Carries out one erasure whose time has come, and leaves a receipt. Safe to call again after a
 * crash: what an earlier run counted stays on the receipt. Returns the receipt, or undefined when
 * the erasure is not due, withdrawn or done. Throws OnHold, MoveUnderWay.
 */
export async function runErasure(id: string): Promise<Receipt | undefined> {
  const db = platform()
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
    await forgetTenant(started.tenantId, async (counted) => {
      receipt = merged(receipt, counted)
      await db.update(table).set({ receipt }).where(eq(table.id, id))
    })
    await db
      .update(table)
      .set({ requestedBy: null, problem: null, endedAt: sql`clock_timestamp()` })
      .where(eq(table.id, id))
    return receipt
  } catch (error) {
    const back = error instanceof OnHold || error instanceof MoveUnderWay
    await db
      .update(table)
      .set({ problem: problemOf(error), ...(back && { startedAt: null }) })
      .where(eq(table.id, id))
    throw error
  }
}

/** Every erasure whose time has come. One that cannot be done now is tried again the next time. */
export async function runErasures(): Promise<void> {
  for (const { id, tenantId } of await erasures.due(platform())) {
    await endMove(tenantId)
    await runErasure(id).catch((error: unknown) =>
      console.error(`erasure ${id}: ${problemOf(error)}`),
    )
  }
}

/** A tenant that is about to be forgotten needs no move: it is given up, or its way back is. */
async function endMove(tenantId: string): Promise<void> {
  const move = await latestMove(tenantId)
  if (!move) return
  if (isBefore(move.state) && move.abortBy === null)
    await requestAbort(tenantId, tenantId, 'erasure')
  if (move.state === 'switched' && move.confirmBy === null)
    await requestConfirm(tenantId, tenantId, 'erasure')
}

/** The first count of each thing is what there was: a later run finds the rest. */
function merged(before: Receipt, now: Receipt): Receipt {
  const sum = { ...now, ...before }
  for (const [what, count] of Object.entries(now)) sum[what] = Math.max(count, before[what] ?? 0)
  return Object.fromEntries(Object.entries(sum).filter(([, count]) => count > 0))
}

const problemOf = (error: unknown) =>
  error instanceof RowhouseError
    ? error.message
    : 'something went wrong on our side; the log says what'
