import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { env } from '#db/env'
import { isId } from '#db/id'

// Export files: one folder for each tenant below EXPORT_DIR. Names are ids, never anything that somebody typed.

const folderOf = (tenantId: string) => join(resolve(env().EXPORT_DIR), named(tenantId))

/** Where an export's file is when it is done, and where it grows until then. */
export const pathOf = (tenantId: string, exportId: string): string => join(folderOf(tenantId), `${named(exportId)}.zip`)
export const growingPathOf = (tenantId: string, exportId: string): string => `${pathOf(tenantId, exportId)}.part`

export const makeFolder = (tenantId: string) => mkdir(folderOf(tenantId), { recursive: true, mode: 0o700 })

export const sizeOf = (path: string): Promise<number | undefined> => stat(path).then(({ size }) => size, () => undefined)

export async function removeExport(tenantId: string, exportId: string): Promise<void> {
  await rm(pathOf(tenantId, exportId), { force: true })
  await rm(growingPathOf(tenantId, exportId), { force: true })
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
