import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Tenancy } from '#tenancy/base/tenancy'
import type { exports } from '#tenancy/base/schema'
import { isId } from '#tenancy/base/ids'

// Each tenant has a folder below EXPORT_DIR. File names are ids, never user input.

const folderOf = (tenancy: Tenancy, tenantId: string) =>
  join(resolve(tenancy.config.exportFolder), named(tenantId))

/** The path of a finished export's file. */
export const pathOf = (tenancy: Tenancy, tenantId: string, exportId: string): string =>
  join(folderOf(tenancy, tenantId), `${named(exportId)}.zip`)
/** The path that an attempt writes to. Each attempt has its own file. */
export const partialPathOf = (
  tenancy: Tenancy,
  { tenantId, id, startedAt }: Pick<typeof exports.$inferSelect, 'tenantId' | 'id' | 'startedAt'>,
): string => `${pathOf(tenancy, tenantId, id)}.${startedAt?.getTime()}.part`

export const makeFolder = (tenancy: Tenancy, tenantId: string) =>
  mkdir(folderOf(tenancy, tenantId), { recursive: true, mode: 0o700 })

/** Reads the size of a file in bytes. Undefined if the file does not exist. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissingFile(error)) return undefined
    throw error
  }
}

/** Removes an export's file, and the files of interrupted attempts. */
export const removeExport = (tenancy: Tenancy, tenantId: string, exportId: string) =>
  remove(tenancy, tenantId, `${named(exportId)}.zip`)
/** Removes the files of interrupted attempts. */
export const removeAttempts = (tenancy: Tenancy, tenantId: string, exportId: string) =>
  remove(tenancy, tenantId, `${named(exportId)}.zip.`)

async function remove(tenancy: Tenancy, tenantId: string, prefix: string): Promise<void> {
  const files = await filesIn(folderOf(tenancy, tenantId))
  for (const file of files)
    if (file.startsWith(prefix)) await rm(join(folderOf(tenancy, tenantId), file), { force: true })
}

/**
 * Removes every export file of a tenant.
 * @returns The number of removed files.
 */
export async function removeAllExports(tenancy: Tenancy, tenantId: string): Promise<number> {
  const files = await filesIn(folderOf(tenancy, tenantId))
  await rm(folderOf(tenancy, tenantId), { recursive: true, force: true })
  return files.length
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissingFile(error)) return []
    throw error
  }
}

const isMissingFile = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

function named(id: string): string {
  if (!isId(id)) throw new TypeError(`not an id: ${id}`)
  return id
}
