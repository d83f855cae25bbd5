import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Tenancy } from '#tenancy/base/tenancy'
import type { exports } from '#tenancy/base/schema'
import { isId } from '#tenancy/base/ids'

// Export files: one folder for each tenant below EXPORT_DIR. Names are ids, never anything that
// somebody typed.

const folderOf = (tenancy: Tenancy, tenantId: string) =>
  join(resolve(tenancy.config.exportFolder), named(tenantId))

/**
 * Where an export's file is when it is done, and where it grows until then: each attempt has a file
 * of its own.
 */
export const pathOf = (tenancy: Tenancy, tenantId: string, exportId: string): string =>
  join(folderOf(tenancy, tenantId), `${named(exportId)}.zip`)
export const partialPathOf = (
  tenancy: Tenancy,
  { tenantId, id, startedAt }: Pick<typeof exports.$inferSelect, 'tenantId' | 'id' | 'startedAt'>,
): string => `${pathOf(tenancy, tenantId, id)}.${startedAt?.getTime()}.part`

export const makeFolder = (tenancy: Tenancy, tenantId: string) =>
  mkdir(folderOf(tenancy, tenantId), { recursive: true, mode: 0o700 })

export const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  )

/** Removes an export's file, and what attempts at it have left. */
export const removeExport = (tenancy: Tenancy, tenantId: string, exportId: string) =>
  remove(tenancy, tenantId, `${named(exportId)}.zip`)
/** Removes what attempts at an export have left. */
export const removeAttempts = (tenancy: Tenancy, tenantId: string, exportId: string) =>
  remove(tenancy, tenantId, `${named(exportId)}.zip.`)

async function remove(tenancy: Tenancy, tenantId: string, beginning: string): Promise<void> {
  const files = await readdir(folderOf(tenancy, tenantId)).catch(() => [])
  for (const file of files)
    if (file.startsWith(beginning))
      await rm(join(folderOf(tenancy, tenantId), file), { force: true })
}

/** Removes every export file of a tenant. Returns how many there were. */
export async function removeAllExports(tenancy: Tenancy, tenantId: string): Promise<number> {
  const files = await readdir(folderOf(tenancy, tenantId)).catch(() => [])
  await rm(folderOf(tenancy, tenantId), { recursive: true, force: true })
  return files.length
}

function named(id: string): string {
  if (!isId(id)) throw new TypeError(`not an id: ${id}`)
  return id
}
