import { rename, rm } from 'node:fs/promises'
import { sql } from 'drizzle-orm'
import { ExportEnded, RowhouseError, TenantMoved } from '#db/errors'
import * as wishes from '#db/export/exports'
import {
  growingPathOf,
  makeFolder,
  pathOf,
  removeAttempts,
  removeExport,
  sizeOf,
} from '#db/export/files'
import type { Manifest } from '#db/export/manifest'
import { writeExport, type Progress } from '#db/export/write'
import { forgetPlacement, placementOf, platform } from '#db/registry'

const tellEveryMs = 500
/** A move turns a tenant's place three times at most. */
const tries = 5

class Stopping extends Error {}

/**
 * Writes one export that was asked for. Safe to call again at any time: a finished one is left
 * alone, a broken-off one begins anew. When `stopping` is aborted it is given back, for the next
 * worker.
 */
export async function runExport(id: string, stopping?: AbortSignal): Promise<void> {
  const wish = await wishes.claim(platform(), id)
  if (!wish) return
  const { tenantId } = wish
  const path = growingPathOf(wish)
  try {
    await makeFolder(tenantId)
    await written(wish, path, told(wish, stopping))
    const bytes = (await sizeOf(path)) ?? null
    await platform().transaction(async (tx) => {
      const done = {
        state: 'done' as const,
        bytes,
        endedAt: sql`clock_timestamp()`,
        expiresAt: sql`clock_timestamp() + make_interval(days => ${wishes.keptDays})`,
      }
      if (!(await wishes.note(tx, wish, done))) throw new ExportEnded(wish.requestedBy)
      // under the lock of the row, so that a worker that has lost it puts no file over its
      // successor's
      await rename(path, pathOf(tenantId, id))
    })
    await removeAttempts(tenantId, id)
  } catch (error) {
    await rm(path, { force: true })
    if (error instanceof Stopping) {
      await wishes.letGo(wish, { state: 'requested' })
      return
    }
    const message =
      error instanceof RowhouseError
        ? error.message
        : 'something went wrong on our side; ask for a new export'
    const ours = await wishes.letGo(wish, {
      state: 'failed',
      message,
      endedAt: sql`clock_timestamp()`,
    })
    if (ours) await removeExport(tenantId, id)
    if (ours && !(error instanceof RowhouseError)) throw error
  }
}

/** Every export that waits, two at a time, so that a small one need not wait for a large one. */
export async function runExports(stopping?: AbortSignal): Promise<void> {
  const waiting = await wishes.open(platform())
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      await runExport(next.id, stopping)
  }
  await Promise.all([lane(), lane()])
}

async function written(
  { id, tenantId }: wishes.Export,
  path: string,
  tell: (progress: Progress) => Promise<void>,
): Promise<Manifest> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeExport(await placementOf(tenantId), path, `Export ${id}`, tell)
    } catch (error) {
      if (!(error instanceof TenantMoved) || attempt === tries) throw error
      forgetPlacement(tenantId)
    }
  }
}

/** Writes down how far it is, now and then, and learns that way when the export must not go on. */
function told(wish: wishes.Export, stopping?: AbortSignal): (progress: Progress) => Promise<void> {
  let next = 0
  return async ({ table, rowsDone, rowsTotal }) => {
    if (stopping?.aborted) throw new Stopping()
    if (Date.now() < next) return
    next = Date.now() + tellEveryMs
    if (!(await wishes.note(platform(), wish, { table, rowsDone, rowsTotal })))
      throw new ExportEnded(wish.requestedBy)
  }
}
