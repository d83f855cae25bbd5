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

const askEveryMs = 500

/**
 * The finished file of an export of this tenant, or undefined: another tenant's, an old one and one
 * that never was are the same. Its content is read while `allowed` says yes, so that a slow
 * download does not outlive a membership.
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
  let askAt = Date.now() + askEveryMs
  for await (const piece of createReadStream(path, {
    highWaterMark: 262_144,
  }) as AsyncIterable<Buffer>) {
    if (Date.now() > askAt) {
      if (!(await allowed())) throw new Error('the download was ended: it is not allowed any more')
      askAt = Date.now() + askEveryMs
    }
    yield piece
  }
}
