import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { insertableColumns, type Column, type Table } from '#tenancy/base/catalogue'
import type { TenantTable } from '#tenancy/base/data-lifecycle'
import { ArchiveRefused } from '#tenancy/data/errors'
import { formats, type FileFormat } from '#tenancy/data/export/row-format'
import {
  fileOf,
  formatVersion,
  manifestForm,
  manifestName,
  membersName,
  type FileFacts,
  type ArchiveManifest,
} from '#tenancy/data/export/manifest'
import type { Migration } from '#tenancy/migrations/history'
import { rowCheck } from '#tenancy/data/import/check-row'
import { linesOf } from '#tenancy/data/import/read-lines'
import { ZipReader, type ZipLimits } from '#tenancy/data/zip/zip-reader'

/** An archive that passed every check. `tables` are those of the file, with the columns it has. */
export type CheckedArchive = {
  zip: ZipReader
  manifest: ArchiveManifest
  tables: Table[]
  rows: number
}

/** At most 200 GB of content. Exported rows never compress 200-fold. */
export const limits: ZipLimits = { files: 5000, bytes: 200 * 2 ** 30, ratio: 200 }
const manifestLimit = 4 * 2 ** 20

/** What an archive is compared with. */
export type ImportTarget = {
  /** The tables that receive the rows. */
  tables: Table[]
  /** The same tables as declared, with the former names of their columns. */
  declared: readonly TenantTable[]
  /** The tenant migrations of this build. */
  history: Migration[]
}

/**
 * Reads an export from beginning to end and writes nothing.
 * @param path - The ZIP file.
 * @param target - What the archive is compared with.
 * @param report - Receives the number of rows read so far.
 * @throws ArchiveRefused at the first difference from an export.
 */
export async function checkArchiveFile(
  path: string,
  target: ImportTarget,
  report: (rows: number) => Promise<void> = async () => {},
): Promise<CheckedArchive> {
  const zip = await ZipReader.open(path, limits)
  const manifest = await readManifest(zip)
  const tables = tablesOf(manifest, target)
  checkFiles(zip, manifest)
  await checkContent(zip, manifest.members, async () => {})
  let rows = 0
  for (const table of tables) {
    const facts = manifest.tables.find(({ name }) => name === table.name)
    if (!facts) continue
    const check = rowCheck(table, manifest.tenant.id)
    const before = rows
    await checkContent(zip, facts.files.ndjson, async (content) => {
      for await (const { text, number } of linesOf(content, facts.files.ndjson.name)) {
        check(text, number)
        if (++rows % 1000 === 0) await report(rows)
      }
    })
    if (rows - before !== facts.rows)
      throw new ArchiveRefused(
        `${facts.files.ndjson.name} has ${rows - before} rows, but the manifest says ${facts.rows}`,
      )
    await checkContent(zip, facts.files.csv, async () => {})
  }
  return { zip, manifest, tables, rows }
}

async function readManifest(zip: ZipReader): Promise<ArchiveManifest> {
  const listed = zip.files.get(manifestName)
  if (!listed) throw new ArchiveRefused(`it has no ${manifestName}, so it is not an export`)
  if (listed.uncompressedSize > manifestLimit)
    throw new ArchiveRefused(
      `${manifestName} has ${listed.uncompressedSize} bytes, more than ${manifestLimit}`,
    )
  const text = (await buffer(zip.content(manifestName))).toString('utf8')
  const result = manifestForm.safeParse(parseJson(text))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new ArchiveRefused(
    `${manifestName} is not valid: ${issue?.path.join('.')} ${issue?.message}`,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ArchiveRefused(`${manifestName} is not JSON`)
  }
}

/**
 * Compares the migrations of the file with those of this build.
 * @returns True if the file was written before the last migrations of this build.
 * @throws ArchiveRefused when it was written by a newer build, or by another product.
 */
function isOlder(manifest: ArchiveManifest, history: Migration[]): boolean {
  const known = new Map(history.map(({ tag, sha256 }) => [tag, sha256]))
  for (const { tag, sha256 } of manifest.migrations) {
    const ours = known.get(tag)
    if (ours === undefined)
      throw new ArchiveRefused(
        `it was written at migration ${tag}, which this build does not have; use a newer build`,
      )
    if (ours !== sha256 && manifest.version > 1)
      throw new ArchiveRefused(
        `its migration ${tag} is ${sha256.slice(0, 12)}, ours is ${ours.slice(0, 12)}: it comes from a different application`,
      )
  }
  return manifest.version < formatVersion || manifest.migrations.length < history.length
}

/**
 * Matches the tables of the file with the catalogue. An older file may lack tables and nullable
 * columns that were added since, and may use former names of columns.
 * @returns Each table with the columns that the file has, in the order of the file.
 */
function tablesOf(manifest: ArchiveManifest, target: ImportTarget): Table[] {
  const older = isOlder(manifest, target.history)
  const given = new Map(manifest.tables.map((table) => [table.name, table]))
  if (given.size < manifest.tables.length)
    throw new ArchiveRefused('its manifest names a table twice')
  for (const name of given.keys())
    if (!target.tables.some((table) => table.name === name))
      throw new ArchiveRefused(`its table ${name} is unknown here`)
  return target.tables.flatMap((table) => {
    const found = given.get(table.name)
    if (!found && older) return []
    if (!found) throw new ArchiveRefused(`the table ${table.name} is missing`)
    const formerNames = older
      ? target.declared.find(({ name }) => name === table.name)?.formerNames
      : undefined
    const mine = insertableColumns(table)
    const columns = found.columns.map(({ name, type }): Column => {
      const present = formerNames?.get(name) ?? name
      const column = mine.find((one) => one.name === present)
      if (!column) throw new ArchiveRefused(`the column ${table.name}.${name} is unknown here`)
      if (column.type !== type)
        throw new ArchiveRefused(
          `the column ${table.name}.${name} is of type ${type}, here it is ${column.type}`,
        )
      return { ...column, archivedAs: name }
    })
    const names = new Set(columns.map(({ name }) => name))
    if (names.size < columns.length) throw new ArchiveRefused(`${table.name} names a column twice`)
    const missing = mine.find(({ name, optional }) => !names.has(name) && !(older && optional))
    if (missing) throw new ArchiveRefused(`the column ${table.name}.${missing.name} is missing`)
    return [{ ...table, columns }]
  })
}

function checkFiles(zip: ZipReader, manifest: ArchiveManifest): void {
  const expected = new Set([manifestName, membersName])
  if (manifest.members.name !== membersName)
    throw new ArchiveRefused(
      `its members are said to be in ${manifest.members.name}, not ${membersName}`,
    )
  for (const { name, files } of manifest.tables) {
    for (const format of formats as readonly FileFormat[]) {
      if (files[format].name !== fileOf(name, format))
        throw new ArchiveRefused(
          `the rows of ${name} are said to be in ${files[format].name}, not ${fileOf(name, format)}`,
        )
      expected.add(fileOf(name, format))
    }
  }
  for (const name of zip.files.keys())
    if (!expected.has(name))
      throw new ArchiveRefused(`it holds ${name}, which its manifest does not name`)
  for (const name of expected)
    if (!zip.files.has(name)) throw new ArchiveRefused(`the file ${name} is missing`)
}

/** Reads a file to its end, and compares its size and SHA-256 with the manifest. */
async function checkContent(
  zip: ZipReader,
  facts: FileFacts,
  read: (content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  const content = (async function* () {
    for await (const piece of zip.content(facts.name)) {
      hash.update(piece)
      bytes += piece.length
      yield piece
    }
  })()
  await read(content)
  for await (const _ of content) continue
  if (bytes !== facts.bytes)
    throw new ArchiveRefused(
      `${facts.name} has ${bytes} bytes, but the manifest says ${facts.bytes}`,
    )
  const found = hash.digest('hex')
  if (found !== facts.sha256)
    throw new ArchiveRefused(
      `${facts.name} was changed: its SHA-256 is ${found.slice(0, 12)}, the manifest says ${facts.sha256.slice(0, 12)}`,
    )
}
