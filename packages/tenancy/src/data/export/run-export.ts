import { rename, rm } from 'node:fs/promises'
import { timings } from '#tenancy/base/timings'
import { sql } from 'drizzle-orm'
import { RowhouseError, WorkerStopping } from '#tenancy/base/errors'
import { ExportEnded, ExportInterrupted, TenantMoved } from '#tenancy/data/errors'
import * as exports from '#tenancy/data/export/exports'
import {
  partialPathOf,
  makeFolder,
  pathOf,
  removeAttempts,
  removeExport,
  sizeOf,
} from '#tenancy/data/export/files'
import type { ArchiveManifest } from '#tenancy/data/export/manifest'
import { writeExport, type ExportProgress } from '#tenancy/data/export/write-export'
import { forgetPlacement, placementOf, platform } from '#tenancy/registry/placements'
import { nextAttemptAt } from '#tenancy/base/backoff'
import { isTransient } from '#tenancy/base/transient-errors'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * How often an attempt starts over when the placement changes. A move changes it at most three
 * times.
 */
const maxRestarts = 5
/** Attempts whose worker died count too. */
const maxAttempts = 5
const backoff = { firstMs: 2000, maxMs: 300_000 }

/**
 * Writes a requested export. Safe to call again: a finished export is left alone, and an
 * interrupted one starts over.
 * @param tenancy - The instance.
 * @param id - The id of the export.
 * @param stopping - When aborted, the export is released for the next worker.
 */
export async function runExport(
  tenancy: Tenancy,
  id: string,
  stopping?: AbortSignal,
): Promise<void> {
  const leased = await exports.acquireLease(platform(tenancy), id)
  if (!leased) return
  const { tenantId } = leased
  const path = partialPathOf(tenancy, leased)
  try {
    if (leased.attempts > maxAttempts) throw new ExportInterrupted(maxAttempts)
    await makeFolder(tenancy, tenantId)
    await writeFile(tenancy, leased, path, progressReporter(tenancy, leased, stopping))
    const bytes = (await sizeOf(path)) ?? null
    await platform(tenancy).transaction(async (tx) => {
      const done = {
        state: 'done' as const,
        bytes,
        endedAt: sql`clock_timestamp()`,
        expiresAt: sql`clock_timestamp() + make_interval(days => ${exports.fileLifetimeDays})`,
      }
      if (!(await exports.renewLease(tenancy, tx, leased, done)))
        throw new ExportEnded(leased.requestedBy)
      // the row is locked, so that a worker without the lease cannot replace its successor's file
      await rename(path, pathOf(tenancy, tenantId, id))
    })
    await removeAttempts(tenancy, tenantId, id)
  } catch (error) {
    await rm(path, { force: true })
    if (WorkerStopping.is(error)) {
      await exports.releaseLease(tenancy, leased, {
        state: 'requested',
        attempts: leased.attempts - 1,
      })
      return
    }
    if (isTransient(error) && leased.attempts < maxAttempts) {
      const retry = nextAttemptAt(sql`${leased.attempts}::int`, backoff)
      await exports.releaseLease(tenancy, leased, { state: 'requested', nextAttemptAt: retry })
      return
    }
    const message = RowhouseError.is(error)
      ? error.message
      : 'something went wrong on our side; request a new export'
    const hadLease = await exports.releaseLease(tenancy, leased, {
      state: 'failed',
      message,
      endedAt: sql`clock_timestamp()`,
    })
    if (hadLease) await removeExport(tenancy, tenantId, id)
    if (hadLease && !RowhouseError.is(error)) throw error
  }
}

async function writeFile(
  tenancy: Tenancy,
  { id, tenantId }: exports.TenantExport,
  path: string,
  report: (progress: ExportProgress) => Promise<void>,
): Promise<ArchiveManifest> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await writeExport(
        tenancy,
        await placementOf(tenancy, tenantId),
        { path, reason: `export ${id}` },
        report,
      )
    } catch (error) {
      if (!TenantMoved.is(error) || restarts === maxRestarts) throw error
      forgetPlacement(tenancy, tenantId)
    }
  }
}

/** Stores the progress at intervals, and throws when the export must stop. */
function progressReporter(
  tenancy: Tenancy,
  leased: exports.TenantExport,
  stopping?: AbortSignal,
): (progress: ExportProgress) => Promise<void> {
  let next = 0
  return async ({ table, rowsDone, rowsTotal }) => {
    if (stopping?.aborted) throw new WorkerStopping()
    if (Date.now() < next) return
    next = Date.now() + timings.leaseRenewal
    if (
      !(await exports.renewLease(tenancy, platform(tenancy), leased, {
        table,
        rowsDone,
        rowsTotal,
      }))
    )
      throw new ExportEnded(leased.requestedBy)
  }
}
