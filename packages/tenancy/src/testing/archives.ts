import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { sql } from 'drizzle-orm'
import { ZipFile } from 'yazl'
import { readTables } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import type { Tenancy } from '#tenancy/base/tenancy'
import { withTenant } from '#tenancy/context/with-tenant'
import type { ArchiveManifest } from '#tenancy/data/export/manifest'
import { limits } from '#tenancy/data/import/check-archive'
import { forgetPlacement, placementOf, serviceUrl } from '#tenancy/registry/placements'
import { ZipReader } from '#tenancy/data/zip/zip-reader'
import { ZipWriter } from '#tenancy/data/zip/zip-writer'

export type Files = Map<string, string>

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'rowhouse-data-'))

/**
 * Reads the files of an archive as texts.
 * @param path - The ZIP file of an export.
 */
export async function filesOf(path: string): Promise<Files> {
  const zip = await ZipReader.open(path, limits)
  const files: Files = new Map()
  for (const name of zip.files.keys()) files.set(name, (await buffer(zip.content(name))).toString())
  return files
}

/**
 * Writes an archive of these files.
 * @returns Its path.
 */
export async function writeFiles(path: string, files: Files): Promise<string> {
  const zip = new ZipWriter(createWriteStream(path))
  for (const [name, text] of files)
    await zip.add(
      name,
      (async function* () {
        yield Buffer.from(text)
      })(),
    )
  await zip.finish()
  return path
}

/**
 * Writes an archive as macOS compresses a folder: with entries for folders, additional files, and
 * sizes after the content.
 * @param folder - The name of the folder.
 */
export async function writeLikeMacOs(path: string, folder: string, files: Files): Promise<void> {
  const zip = new ZipFile()
  const written = pipeline(zip.outputStream, createWriteStream(path))
  const folders = new Set([...files.keys()].flatMap((name) => name.match(/^.*\//)?.[0] ?? []))
  zip.addEmptyDirectory(`${folder}/`)
  for (const name of folders) zip.addEmptyDirectory(`${folder}/${name}`)
  const extraFiles = [`${folder}/.DS_Store`, `__MACOSX/${folder}/._.DS_Store`]
  for (const [name, text] of files) {
    zip.addReadStream(Readable.from([Buffer.from(text)]), `${folder}/${name}`)
    extraFiles.push(`__MACOSX/${folder}/${name.replace(/[^/]+$/, '._$&')}`)
  }
  for (const name of extraFiles) zip.addReadStream(Readable.from([Buffer.from('Mac OS X')]), name)
  zip.end()
  await written
}

export const manifestOf = (files: Files): ArchiveManifest =>
  JSON.parse(files.get('manifest.json') ?? '') as ArchiveManifest

/**
 * Updates the sizes, hashes and counts in the manifest for changed files, as a forger would.
 * @param change - Further changes of the manifest.
 */
export function withMatchingManifest(
  files: Files,
  change: (manifest: ArchiveManifest) => void = () => {},
): Files {
  const manifest = manifestOf(files)
  for (const table of manifest.tables) {
    for (const facts of Object.values(table.files))
      Object.assign(facts, factsOf(files.get(facts.name) ?? ''))
    table.rows = (files.get(table.files.ndjson.name) ?? '').split('\n').length - 1
  }
  change(manifest)
  return new Map([...files, ['manifest.json', JSON.stringify(manifest)]])
}

const factsOf = (text: string) => ({
  bytes: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
})

/**
 * Counts and hashes the rows of each table of a tenant. Equal rows of two tenants have equal hashes.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @returns The count and the hash, by table.
 */
export async function fingerprint(
  tenancy: Tenancy,
  tenantId: string,
): Promise<Record<string, string>> {
  forgetPlacement(tenancy, tenantId)
  const placement = await placementOf(tenancy, tenantId)
  const tables = await withConnection(serviceUrl(tenancy, 'worker', placement), (client) =>
    readTables(client, placement.schema),
  )
  return withTenant(tenancy, { kind: 'service', tenantId, reason: 'test' }, async (tx) => {
    const found: Record<string, string> = {}
    for (const { name } of tables) {
      const { rows } = await tx.execute<{ all: string }>(sql`
        select count(*) || ' ' || coalesce(md5(string_agg(md5(replace(t::text, ${tenantId}, '')), '' order by md5(replace(t::text, ${tenantId}, '')))), '') as all
        from ${sql.identifier(name)} as t where t.tenant_id = ${tenantId}`)
      found[name] = rows[0]?.all ?? ''
    }
    return found
  })
}
