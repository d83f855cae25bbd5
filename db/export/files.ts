import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { env } from '#db/env'
import type { Export } from '#db/export/exports'
import { isId } from '#db/id'

// Export files: one folder for each tenant below EXPORT_DIR. Names are ids, never anything that
// somebody typed.

const folderOf = (tenantId: string) => join(resolve(env().EXPORT_DIR), named(tenantId))

/**
 * Where an export's file is when it is done, and where it grows until then: each attempt has a file
 * of its own.
 */
export const pathOf = (tenantId: string, exportId: string): string =>
  join(folderOf(tenantId), `${named(exportId)}.zip`)
export const growingPathOf = ({
  tenantId,
  id,
  startedAt,
}: Pick<Export, 'tenantId' | 'id' | 'startedAt'>): string =>
  `${pathOf(tenantId, id)}.${startedAt?.getTime()}.part`

export const makeFolder = (tenantId: string) =>
  mkdir(folderOf(tenantId), { recursive: true, mode: 0o700 })

export const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  )

/** Removes an export's file, and what attempts at it have left. */
export const removeExport = (tenantId: string, exportId: string) =>
  remove(tenantId, `${named(exportId)}.zip`)
/** Removes what attempts at an export have left. */
export const removeAttempts = (tenantId: string, exportId: string) =>
  remove(tenantId, `${named(exportId)}.zip.`)

async function remove(tenantId: string, beginning: string): Promise<void> {
  const files = await readdir(folderOf(tenantId)).catch(() => [])
  for (const file of files)
    if (file.startsWith(beginning)) await rm(join(folderOf(tenantId), file), { force: true })
}

/** Removes every export file of a tenant. Returns how many there were. */
export async function removeAllExports(tenantId: string): Promise<number> {
  const files = await readdir(folderOf(tenantId)).catch(() => [])
  await rm(folderOf(tenantId), { recursive: true, force: true })
  return files.length
}

function named(id: string): string {
  if (!isId(id)) throw new TypeError(`not an id: ${id}`)
  return id
}
