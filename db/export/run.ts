import { rename } from 'node:fs/promises'
import { eq, sql } from 'drizzle-orm'
import { ExportEnded, RowhouseError, TenantMoved } from '#db/errors'
import * as wishes from '#db/export/exports'
import { growingPathOf, makeFolder, pathOf, removeExport, sizeOf } from '#db/export/files'
import type { Manifest } from '#db/export/manifest'
import { writeExport, type Progress } from '#db/export/write'
import { forgetPlacement, placementOf, platform } from '#db/registry'
import { exports } from '#db/schema/platform'

const tellEveryMs = 500
/** A move turns a tenant's place three times at most. */
const tries = 5

class Stopping extends Error {}

/**
 * Writes one export that was asked for. Safe to call again at any time: a finished one is left alone, a broken-off one begins anew.
 * When `stopping` is aborted it is given back, for the next worker.
 */
export async function runExport(id: string, stopping?: AbortSignal): Promise<void> {
  const wish = await wishes.claim(platform(), id)
  if (!wish) return
  const { tenantId } = wish
  try {
    await makeFolder(tenantId)
    await written(wish, told(wish, stopping))
    await rename(growingPathOf(tenantId, id), pathOf(tenantId, id))
    const bytes = await sizeOf(pathOf(tenantId, id))
    const done = { state: 'done' as const, bytes: bytes ?? null, endedAt: sql`clock_timestamp()`, expiresAt: sql`clock_timestamp() + make_interval(days => ${wishes.keptDays})` }
    if (!(await wishes.note(platform(), id, done))) throw new ExportEnded(wish.requestedBy)
  } catch (error) {
    await removeExport(tenantId, id)
    if (error instanceof Stopping) {
      await platform().update(exports).set({ state: 'requested' }).where(eq(exports.id, id))
      return
    }
    const message = error instanceof RowhouseError ? error.message : 'something went wrong on our side; ask for a new export'
    await platform().update(exports).set({ state: 'failed', message, endedAt: sql`clock_timestamp()` }).where(eq(exports.id, id))
    if (!(error instanceof RowhouseError)) throw error
  }
}

/** Every export that waits, two at a time, so that a small one need not wait for a large one. */
export async function runExports(stopping?: AbortSignal): Promise<void> {
  const waiting = await wishes.open(platform())
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await runExport(next.id, stopping)
  }
  await Promise.all([lane(), lane()])
}

async function written({ id, tenantId }: wishes.Export, tell: (progress: Progress) => Promise<void>): Promise<Manifest> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeExport(await placementOf(tenantId), growingPathOf(tenantId, id), `Export ${id}`, tell)
    } catch (error) {
      if (!(error instanceof TenantMoved) || attempt === tries) throw error
      forgetPlacement(tenantId)
    }
  }
}

/** Writes down how far it is, now and then, and learns that way when the export must not go on. */
function told({ id, requestedBy }: wishes.Export, stopping?: AbortSignal): (progress: Progress) => Promise<void> {
  let next = 0
  return async ({ table, rowsDone, rowsTotal }) => {
    if (stopping?.aborted) throw new Stopping()
    if (Date.now() < next) return
    next = Date.now() + tellEveryMs
    if (!(await wishes.note(platform(), id, { table, rowsDone, rowsTotal }))) throw new ExportEnded(requestedBy)
  }
}
