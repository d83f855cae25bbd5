import { rename, rm } from 'node:fs/promises'
import { timings } from '#tenancy/base/timings'
import { sql } from 'drizzle-orm'
import { RowhouseError } from '#tenancy/base/errors'
import { ExportEnded, ExportInterrupted, TenantMoved } from '#tenancy/data/errors'
import * as wishes from '#tenancy/data/export/exports'
import {
  growingPathOf,
  makeFolder,
  pathOf,
  removeAttempts,
  removeExport,
  sizeOf,
} from '#tenancy/data/export/files'
import type { Manifest } from '#tenancy/data/export/manifest'
import { writeExport, type Progress } from '#tenancy/data/export/write'
import { forgetPlacement, placementOf, platform } from '#tenancy/registry/placements'
import { nextAttemptAt } from '#tenancy/base/backoff'
import { isTransient } from '#tenancy/base/transient-errors'
import type { Tenancy } from '#tenancy/base/tenancy'

/** A move turns a tenant's place three times at most. */
const tries = 5
/** How often an export is begun: also one whose worker dies of it each time. */
const maxAttempts = 5
const backoff = { firstMs: 2000, maxMs: 300_000 }

class Stopping extends Error {}

/**
 * Writes one export that was asked for. Safe to call again at any time: a finished one is left
 * alone, a broken-off one begins anew. When `stopping` is aborted it is given back, for the next
 * worker.
 */
export async function runExport(
  tenancy: Tenancy,
  id: string,
  stopping?: AbortSignal,
): Promise<void> {
  const wish = await wishes.claim(platform(tenancy), id)
  if (!wish) return
  const { tenantId } = wish
  const path = growingPathOf(tenancy, wish)
  try {
    if (wish.attempts > maxAttempts) throw new ExportInterrupted(maxAttempts)
    await makeFolder(tenancy, tenantId)
    await written(tenancy, wish, path, told(tenancy, wish, stopping))
    const bytes = (await sizeOf(path)) ?? null
    await platform(tenancy).transaction(async (tx) => {
      const done = {
        state: 'done' as const,
        bytes,
        endedAt: sql`clock_timestamp()`,
        expiresAt: sql`clock_timestamp() + make_interval(days => ${wishes.keptDays})`,
      }
      if (!(await wishes.note(tenancy, tx, wish, done))) throw new ExportEnded(wish.requestedBy)
      // under the lock of the row, so that a worker that has lost it puts no file over its
      // successor's
      await rename(path, pathOf(tenancy, tenantId, id))
    })
    await removeAttempts(tenancy, tenantId, id)
  } catch (error) {
    await rm(path, { force: true })
    if (error instanceof Stopping) {
      await wishes.letGo(tenancy, wish, { state: 'requested', attempts: wish.attempts - 1 })
      return
    }
    if (isTransient(error) && wish.attempts < maxAttempts) {
      const retry = nextAttemptAt(sql`${wish.attempts}::int`, backoff)
      await wishes.letGo(tenancy, wish, { state: 'requested', nextAttemptAt: retry })
      return
    }
    const message = RowhouseError.is(error)
      ? error.message
      : 'something went wrong on our side; ask for a new export'
    const ours = await wishes.letGo(tenancy, wish, {
      state: 'failed',
      message,
      endedAt: sql`clock_timestamp()`,
    })
    if (ours) await removeExport(tenancy, tenantId, id)
    if (ours && !RowhouseError.is(error)) throw error
  }
}

async function written(
  tenancy: Tenancy,
  { id, tenantId }: wishes.Export,
  path: string,
  tell: (progress: Progress) => Promise<void>,
): Promise<Manifest> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeExport(
        tenancy,
        await placementOf(tenancy, tenantId),
        path,
        `export ${id}`,
        tell,
      )
    } catch (error) {
      if (!TenantMoved.is(error) || attempt === tries) throw error
      forgetPlacement(tenancy, tenantId)
    }
  }
}

/** Writes down how far it is, now and then, and learns that way when the export must not go on. */
function told(
  tenancy: Tenancy,
  wish: wishes.Export,
  stopping?: AbortSignal,
): (progress: Progress) => Promise<void> {
  let next = 0
  return async ({ table, rowsDone, rowsTotal }) => {
    if (stopping?.aborted) throw new Stopping()
    if (Date.now() < next) return
    next = Date.now() + timings.leaseRenewal
    if (!(await wishes.note(tenancy, platform(tenancy), wish, { table, rowsDone, rowsTotal })))
      throw new ExportEnded(wish.requestedBy)
  }
}
