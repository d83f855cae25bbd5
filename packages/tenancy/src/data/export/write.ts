import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { eq } from 'drizzle-orm'
import { type Tenancy } from '#tenancy/base/tenancy'
import { readTables, written, type Table } from '#tenancy/base/catalogue'
import { TenantNotFound } from '#tenancy/base/errors'
import type { Format } from '#tenancy/data/export/lines'
import {
  fileOf,
  formatVersion,
  manifestName,
  membersName,
  type FileFacts,
  type Manifest,
} from '#tenancy/data/export/manifest'
import { countQuery, pagesOf, type Read } from '#tenancy/data/export/pages'
import { withSnapshot } from '#tenancy/data/export/snapshot'
import { platform, type Placement } from '#tenancy/registry/placements'
import { tenants } from '#tenancy/base/schema'
import { ZipWriter } from '#tenancy/data/zip/write'

/**
 * How far an export is; `table` is the one under way. Rows count once, when they are written as
 * NDJSON.
 */
export type Progress = { table: string; rowsDone: number; rowsTotal: number }
type Tell = (progress: Progress) => Promise<void>

/**
 * Writes everything of one tenant into a ZIP archive: NDJSON and CSV for each table that the
 * catalogue has, the members, and a manifest, all of one moment. Memory stays the same however many
 * rows there are. In: the tenant's placement, the path, and whom to tell how far it is; what that
 * throws ends the export. Out: the manifest. Throws TenantMoved when the tenant changed its place.
 */
export async function writeExport(
  tenancy: Tenancy,
  placement: Placement,
  path: string,
  reason: string,
  tell: Tell = async () => {},
): Promise<Manifest> {
  const zip = new ZipWriter(createWriteStream(path, { mode: 0o600 }))
  try {
    const { tenant, people } = await facts(tenancy, placement.tenantId)
    const made = await withSnapshot(tenancy, placement, reason, async (read, keeper) => {
      const tables = await readTables(keeper, placement.schema)
      const { rows: migrations } = await keeper.query<{ tag: string; sha256: string }>(
        'select migration as tag, sha256 from tenancy.applied_migrations where schema = $1 order by migration',
        [placement.schema],
      )
      return { migrations, tables: await writeTables(zip, read, tables, placement.tenantId, tell) }
    })
    const manifest: Manifest = {
      format: 'rowhouse export',
      version: formatVersion,
      exportedAt: new Date().toISOString(),
      tenant,
      migrations: made.migrations,
      members: await addFile(zip, membersName, lines(people)),
      tables: made.tables,
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
  read: Read,
  tables: Table[],
  tenantId: string,
  tell: Tell,
): Promise<Manifest['tables']> {
  let rowsTotal = 0
  for (const table of tables) {
    rowsTotal += (await read<{ rows: number }>(countQuery(table), [tenantId]))[0]?.rows ?? 0
    await tell({ table: table.name, rowsDone: 0, rowsTotal })
  }
  let rowsDone = 0
  const made: Manifest['tables'] = []
  for (const table of tables) {
    const before = rowsDone
    const write = (format: Format) =>
      addFile(
        zip,
        fileOf(table.name, format),
        (async function* () {
          for await (const page of pagesOf(read, table, format, tenantId)) {
            if (format === 'ndjson') rowsDone += page.rows
            await tell({ table: table.name, rowsDone, rowsTotal })
            yield Buffer.from(page.text)
          }
        })(),
      )
    const ndjson = await write('ndjson')
    const csv = await write('csv')
    made.push({
      name: table.name,
      columns: written(table).map(({ name, type }) => ({ name, type })),
      rows: rowsDone - before,
      files: { ndjson, csv },
    })
  }
  return made
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

async function facts(
  tenancy: Tenancy,
  tenantId: string,
): Promise<{ tenant: Manifest['tenant']; people: object[] }> {
  const [tenant] = await platform(tenancy).select().from(tenants).where(eq(tenants.id, tenantId))
  if (!tenant) throw new TenantNotFound(tenantId)
  const people = await tenancy.config.members.list(platform(tenancy), tenantId)
  const { id, slug, name, tier, currency, locale } = tenant
  return {
    tenant: { id, slug, name, tier, currency, locale, createdAt: tenant.createdAt.toISOString() },
    people,
  }
}
