import { createReadStream } from 'node:fs'
import { gt, and, eq, sql } from 'drizzle-orm'
import { pathOf, sizeOf } from '#tenancy/data/export/files'
import { isId } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { exports, tenants } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

export type Download = {
  name: string
  bytes: number
  content: (allowed: () => Promise<boolean>) => AsyncGenerator<Buffer>
}

const checkEveryMs = 500

/**
 * Opens the file of a finished export. `content` asks `allowed` at intervals, so that a slow
 * download ends with the membership of its user.
 * @param tenancy - The instance.
 * @param tenantId - The tenant's id.
 * @param exportId - The id of the export. Any string is accepted.
 * @returns The download. Undefined for an export that is expired, belongs to another tenant, or
 *   does not exist.
 */
export async function openDownload(
  tenancy: Tenancy,
  tenantId: string,
  exportId: string,
): Promise<Download | undefined> {
  if (!isId(exportId)) return undefined
  const [found] = await platform(tenancy)
    .select({ slug: tenants.slug, endedAt: exports.endedAt })
    .from(exports)
    .innerJoin(tenants, eq(tenants.id, exports.tenantId))
    .where(
      and(
        eq(exports.id, exportId),
        eq(exports.tenantId, tenantId),
        eq(exports.state, 'done'),
        gt(exports.expiresAt, sql`clock_timestamp()`),
      ),
    )
  const path = pathOf(tenancy, tenantId, exportId)
  const bytes = found && (await sizeOf(path))
  if (!found || bytes === undefined) return undefined
  return {
    name: `${found.slug}-${found.endedAt?.toISOString().slice(0, 10)}.zip`,
    bytes,
    content: (allowed) => contentOf(path, allowed),
  }
}

async function* contentOf(path: string, allowed: () => Promise<boolean>): AsyncGenerator<Buffer> {
  let checkAt = Date.now() + checkEveryMs
  for await (const piece of createReadStream(path, {
    highWaterMark: 262_144,
  }) as AsyncIterable<Buffer>) {
    if (Date.now() > checkAt) {
      if (!(await allowed()))
        throw new Error('the download was aborted: the user may no longer have this export')
      checkAt = Date.now() + checkEveryMs
    }
    yield piece
  }
}
