import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { sql } from 'drizzle-orm'
import { readTables } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import type { Tenancy } from '#tenancy/base/tenancy'
import { withTenant } from '#tenancy/context/with-tenant'
import type { Manifest } from '#tenancy/data/export/manifest'
import { limits } from '#tenancy/data/import/check'
import { forgetPlacement, placementOf, serviceUrl } from '#tenancy/registry/placements'
import { ZipReader } from '#tenancy/data/zip/read'
import { ZipWriter } from '#tenancy/data/zip/write'

export type Files = Map<string, string>

export const temporary = () => mkdtemp(join(tmpdir(), 'rowhouse-data-'))

/**
 * The files of an archive as texts, to look at or to change.
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
  const out = createWriteStream(path)
  const zip = new ZipWriter(out)
  for (const [name, text] of files)
    await zip.add(
      name,
      (async function* () {
        yield Buffer.from(text)
      })(),
    )
  await zip.finish()
  await new Promise((resolve) => out.end(resolve))
  return path
}

export const manifestOf = (files: Files): Manifest =>
  JSON.parse(files.get('manifest.json') ?? '') as Manifest

/**
 * What a forger would do: sizes, hashes and counts in the manifest are made to fit the changed
 * files.
 * @param change - What else the forger changes in the manifest.
 */
export function consistent(files: Files, change: (manifest: Manifest) => void = () => {}): Files {
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
 * The rows of each table of a tenant: how many, and a hash over every value of every row, the same
 * for equal rows of two tenants.
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
