import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { eq } from 'drizzle-orm'
import { type Tenancy } from '#tenancy/base/tenancy'
import { readTables, insertableColumns, type Table } from '#tenancy/base/catalogue'
import { TenantNotFound } from '#tenancy/base/errors'
import type { FileFormat } from '#tenancy/data/export/row-format'
import {
  fileOf,
  formatVersion,
  manifestName,
  membersName,
  type FileFacts,
  type ArchiveManifest,
} from '#tenancy/data/export/manifest'
import { countQuery, pagesOf, type TenantQuery } from '#tenancy/data/export/pages'
import { withSnapshot } from '#tenancy/data/export/snapshot'
import { platform, type Placement } from '#tenancy/registry/placements'
import { tenants } from '#tenancy/base/schema'
import { ZipWriter } from '#tenancy/data/zip/zip-writer'

/** `table` is the table being written. A row counts once, when it is written as NDJSON. */
export type ExportProgress = { table: string; rowsDone: number; rowsTotal: number }
type ExportReporter = (progress: ExportProgress) => Promise<void>

/**
 * Exports a tenant into a ZIP archive: NDJSON and CSV for each table, the members, and a manifest,
 * all from one snapshot. Memory does not grow with the number of rows.
 * @param tenancy - The instance.
 * @param placement - The tenant's current placement.
 * @param options - The file to write, and the reason for the service entry.
 * @param report - Receives the progress. An error that it throws aborts the export.
 * @returns The manifest.
 * @throws TenantMoved when the tenant's placement changed; start over.
 */
export async function writeExport(
  tenancy: Tenancy,
  placement: Placement,
  { path, reason }: { path: string; reason: string },
  report: ExportReporter = async () => {},
): Promise<ArchiveManifest> {
  const zip = new ZipWriter(createWriteStream(path, { mode: 0o600 }))
  try {
    const { tenant, members } = await readTenant(tenancy, placement.tenantId)
    const snapshot = await withSnapshot(tenancy, placement, reason, async (read, keeper) => {
      const tables = await readTables(keeper, placement.schema)
      const { rows: migrations } = await keeper.query<{ tag: string; sha256: string }>(
        'select migration as tag, sha256 from tenancy.applied_migrations where schema = $1 order by migration',
        [placement.schema],
      )
      return {
        migrations,
        tables: await writeTables(zip, read, tables, placement.tenantId, report),
      }
    })
    const manifest: ArchiveManifest = {
      format: 'rowhouse export',
      version: formatVersion,
      exportedAt: new Date().toISOString(),
      tenant,
      migrations: snapshot.migrations,
      members: await addFile(zip, membersName, lines(members)),
      tables: snapshot.tables,
    }
    await addFile(zip, manifestName, lines([manifest], 2))
    await zip.finish()
    return manifest
  } catch (error) {
    zip.abort()
    throw error
  }
}

async function writeTables(
  zip: ZipWriter,
  read: TenantQuery,
  tables: Table[],
  tenantId: string,
  report: ExportReporter,
): Promise<ArchiveManifest['tables']> {
  let rowsTotal = 0
  for (const table of tables) {
    rowsTotal += (await read<{ rows: number }>(countQuery(table), [tenantId]))[0]?.rows ?? 0
    await report({ table: table.name, rowsDone: 0, rowsTotal })
  }
  let rowsDone = 0
  const written: ArchiveManifest['tables'] = []
  for (const table of tables) {
    const before = rowsDone
    const write = (format: FileFormat) =>
      addFile(
        zip,
        fileOf(table.name, format),
        (async function* () {
          for await (const page of pagesOf(read, table, { format, tenantId })) {
            if (format === 'ndjson') rowsDone += page.rows
            await report({ table: table.name, rowsDone, rowsTotal })
            yield Buffer.from(page.text)
          }
        })(),
      )
    const ndjson = await write('ndjson')
    const csv = await write('csv')
    written.push({
      name: table.name,
      columns: insertableColumns(table).map(({ name, type }) => ({ name, type })),
      rows: rowsDone - before,
      files: { ndjson, csv },
    })
  }
  return written
}

async function addFile(
  zip: ZipWriter,
  name: string,
  content: AsyncIterable<Buffer>,
): Promise<FileFacts> {
  const hash = createHash('sha256')
  const { bytes } = await zip.add(
    name,
    (async function* () {
      for await (const piece of content) {
        hash.update(piece)
        yield piece
      }
    })(),
  )
  return { name, bytes, sha256: hash.digest('hex') }
}

async function* lines(values: object[], indent?: number): AsyncGenerator<Buffer> {
  for (const value of values) yield Buffer.from(`${JSON.stringify(value, null, indent)}\n`)
}

async function readTenant(
  tenancy: Tenancy,
  tenantId: string,
): Promise<{ tenant: ArchiveManifest['tenant']; members: object[] }> {
  const [tenant] = await platform(tenancy).select().from(tenants).where(eq(tenants.id, tenantId))
  if (!tenant) throw new TenantNotFound(tenantId)
  const members = await tenancy.config.members.list(platform(tenancy), tenantId)
  const { id, slug, name, tier, currency, locale } = tenant
  return {
    tenant: { id, slug, name, tier, currency, locale, createdAt: tenant.createdAt.toISOString() },
    members,
  }
}
