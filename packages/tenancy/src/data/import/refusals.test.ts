import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { newId } from '#tenancy/base/ids'
import type { ArchiveManifest } from '#tenancy/data/export/manifest'
import { writeExport } from '#tenancy/data/export/write-export'
import { importTenant, deleteInterruptedImports } from '#tenancy/data/import/import-tenant'
import { placementOf } from '#tenancy/registry/placements'
import {
  withMatchingManifest,
  filesOf,
  temporaryFolder,
  writeFiles,
  type Files,
} from '#tenancy/testing/archives'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import { createTestTenant, type TestTenant } from '#tenancy/testing/fixture/test-tenants'

let folder: string
let source: TestTenant
let good: Files

beforeAll(async () => {
  folder = await temporaryFolder()
  source = await createTestTenant('shared', 'source', 3)
  const path = join(folder, 'good.zip')
  await writeExport(tenancy(), await placementOf(tenancy(), source.id), { path, reason: 'test' })
  good = await filesOf(path)
})
afterAll(() => rm(folder, { recursive: true }))

/** Counts all rows, schemas, databases and roles, as an administrator. */
const everything = () =>
  withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
    const { rows: tables } = await admin.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('shared', 'platform', 'tenancy') and tablename not in ('service_entries', 'audit') order by 1`,
    )
    const counts: Record<string, string> = {}
    for (const { name } of tables)
      counts[name] =
        (await admin.query<{ count: string }>(`select count(*) from ${name}`)).rows[0]?.count ?? ''
    const { rows: schemas } = await admin.query(
      `select nspname from pg_namespace where nspname like 't\\_%' order by 1`,
    )
    return { counts, schemas }
  })

const refusal = async (files: Files, tier: string | null = 'starter') =>
  refusalOf(await writeFiles(join(folder, `${newId()}.zip`), files), tier)

async function refusalOf(path: string, tier: string | null = 'starter'): Promise<string> {
  const before = await everything()
  const why = await importTenant(tenancy(), {
    path,
    slug: 'forged',
    ownerId: source.owner.actor.id ?? '',
    actor: 'test',
    ...(tier !== null && { tier }),
  }).then(
    () => 'accepted',
    (error: Error) => error.message,
  )
  expect(await everything()).toEqual(before)
  expect(why).toContain('the file was refused and nothing was written: ')
  return why.slice('the file was refused and nothing was written: '.length)
}

const changed = (name: string, change: (text: string) => string): Files =>
  new Map([...good, [name, change(good.get(name) ?? '')]])
const line = (name: string, change: (row: Record<string, unknown>) => object) =>
  changed(`ndjson/${name}.ndjson`, (text) =>
    text.replace(/^.*$/m, (first) =>
      JSON.stringify(change(JSON.parse(first) as Record<string, unknown>)),
    ),
  )
const manifest = (change: (manifest: ArchiveManifest) => void) => withMatchingManifest(good, change)
const table = (made: ArchiveManifest, name: string) => made.tables.find((one) => one.name === name)!

it('a failed import that leaves partial data reports both, and the partial data is deleted later', async () => {
  const admin = (text: string) =>
    withConnection(process.env.DATABASE_URL ?? '', (client) => client.query(text))
  const before = await everything()
  await admin(`
    create function platform.break() returns trigger language plpgsql as 'begin raise exception ''power failure''; end';
    create trigger break before delete on tenancy.tenants for each row execute function platform.break()`)
  const failed = await importTenant(
    tenancy(),
    {
      path: join(folder, 'good.zip'),
      slug: 'half',
      ownerId: source.owner.actor.id ?? '',
      actor: 'test',
      tier: 'starter',
    },
    async ({ state }) => {
      if (state === 'loading') throw new Error('connection refused')
    },
  ).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(AggregateError)
  expect(failed).toMatchObject({
    message: expect.stringMatching(
      /^the import of half failed \(connection refused\), and its partial data .* \(power failure\)/,
    ) as string,
    errors: [{ message: 'connection refused' }, { cause: { message: 'power failure' } }],
  })
  await admin(
    `drop function platform.break() cascade; update tenancy.imports set seen_at = now() - interval '2 minutes'`,
  )
  expect(await deleteInterruptedImports(tenancy())).toBe(1)
  expect(await everything()).toEqual(before)
})

describe('an edited file is refused', () => {
  it('with the original manifest, by its hash or size', async () => {
    expect(
      await refusal(
        changed('ndjson/note_lines.ndjson', (text) => text.replace('line 1', 'LINE 1')),
      ),
    ).toMatch(/ndjson\/note_lines.ndjson was changed: its SHA-256/)
    expect(await refusal(changed('csv/notes.csv', (text) => `${text}\r\n`))).toMatch(
      /csv\/notes.csv has \d+ bytes, but the manifest says/,
    )
    expect(
      await refusal(changed('members.ndjson', (text) => text.replace('owner', 'ownes'))),
    ).toMatch(/members.ndjson was changed/)
  })

  it.each<[string, () => Files, RegExp]>([
    [
      'rows of another tenant',
      () => withMatchingManifest(line('notes', (row) => ({ ...row, tenant_id: newId() }))),
      /line 1 of ndjson\/notes.ndjson belongs to tenant/,
    ],
    [
      'a row without a tenant',
      () => withMatchingManifest(line('notes', ({ tenant_id: _, ...row }) => row)),
      /line 1 .* belongs to tenant undefined/,
    ],
    [
      'an extra column in a row',
      () => withMatchingManifest(line('notes', (row) => ({ ...row, admin: true }))),
      /has the unknown column "admin"/,
    ],
    [
      'a generated column',
      () => withMatchingManifest(line('notes', (row) => ({ ...row, search: 'x' }))),
      /has the unknown column "search"/,
    ],
    [
      'a missing value',
      () => withMatchingManifest(line('notes', ({ number: _, ...row }) => row)),
      /has no number/,
    ],
    [
      'a value of another type',
      () => withMatchingManifest(line('notes', (row) => ({ ...row, number: 'one' }))),
      /has string in number, which is of type bigint/,
    ],
    [
      'an explicit null',
      () => withMatchingManifest(line('notes', (row) => ({ ...row, body: null }))),
      /has null in body/,
    ],
    [
      'a zero byte',
      () => withMatchingManifest(line('notes', (row) => ({ ...row, body: 'a\0b' }))),
      /has string in body/,
    ],
    [
      'a lone surrogate',
      () =>
        withMatchingManifest(
          changed('ndjson/notes.ndjson', (text) => text.replace('"body":"', '"body":"\\ud800')),
        ),
      /cannot be stored/,
    ],
    [
      'a line that is not JSON',
      () => withMatchingManifest(changed('ndjson/notes.ndjson', (text) => `${text}{"a":\n`)),
      /is not a JSON object/,
    ],
    [
      'a line that is a list',
      () => withMatchingManifest(changed('ndjson/notes.ndjson', (text) => `${text}[1]\n`)),
      /is not a JSON object/,
    ],
    [
      'an incomplete last line',
      () => withMatchingManifest(changed('ndjson/notes.ndjson', (text) => text.trimEnd())),
      /ends in the middle of line 3/,
    ],
    [
      'a duplicate row',
      () =>
        withMatchingManifest(
          changed('ndjson/notes.ndjson', (text) => `${text}${text.trimEnd().split('\n').at(-1)}\n`),
        ),
      /a key is there twice, or lines were moved/,
    ],
    [
      'a reference to a missing row',
      () => withMatchingManifest(line('note_lines', (row) => ({ ...row, note_id: newId() }))),
      /note_lines, in lines 1 to \d+, breaks note_lines_note_fk/,
    ],
    [
      'a value that violates a check constraint',
      () => withMatchingManifest(line('notes', (row) => ({ ...row, title: '' }))),
      /breaks notes_title/,
    ],
    [
      'a number out of range',
      () => withMatchingManifest(line('note_lines', (row) => ({ ...row, quantity: 1e12 }))),
      /cannot be stored/,
    ],
    [
      'an invalid timestamp',
      () =>
        withMatchingManifest(line('notes', (row) => ({ ...row, created_at: 'yesterday evening' }))),
      /cannot be stored/,
    ],
    [
      'SQL instead of a value',
      () =>
        withMatchingManifest(
          line('notes', (row) => ({ ...row, created_at: 'now(); drop table notes; --' })),
        ),
      /cannot be stored/,
    ],
    [
      'a value in another format',
      () =>
        withMatchingManifest(
          line('notes', (row) => ({ ...row, created_at: '2026-01-02 03:04:05+02' })),
        ),
      /differ when they are read back/,
    ],
    [
      'a million columns in a row',
      () =>
        withMatchingManifest(
          changed('ndjson/notes.ndjson', (text) =>
            text.replace(
              '"body":',
              `${Array.from({ length: 1_000_000 }, (_, i) => `"c${i}":1`).join(',')},"body":`,
            ),
          ),
        ),
      /has the unknown column "c0"/,
    ],
  ])('with a matching manifest and %s', async (_, files, why) => {
    expect(await refusal(files())).toMatch(why)
  })
})

describe('an edited manifest is refused', () => {
  it.each<[string, (made: ArchiveManifest) => unknown, RegExp]>([
    ['another tenant id', (made) => (made.tenant.id = newId()), /belongs to tenant/],
    ['an invalid tenant id', (made) => (made.tenant.id = '../../etc'), /tenant.id is not an id/],
    [
      'a missing table',
      (made) => (made.tables = made.tables.filter(({ name }) => name !== 'notes')),
      /the table notes is missing/,
    ],
    ['a duplicate table', (made) => made.tables.push(table(made, 'notes')), /names a table twice/],
    [
      'an unknown table',
      (made) => (table(made, 'notes').name = 'pg_authid'),
      /its table pg_authid is unknown here/,
    ],
    [
      'an extra column',
      (made) => table(made, 'notes').columns.push({ name: 'secret', type: 'text' }),
      /notes.secret is unknown here/,
    ],
    [
      'a duplicate column',
      (made) => table(made, 'notes').columns.push({ name: 'body', type: 'text' }),
      /notes names a column twice/,
    ],
    [
      'a missing column',
      (made) => table(made, 'notes').columns.pop(),
      /the column notes.created_at is missing/,
    ],
    [
      'another type',
      (made) => (table(made, 'notes').columns[2]!.type = 'text'),
      /notes.number is of type text, here it is bigint/,
    ],
    [
      'a million columns',
      (made) =>
        (table(made, 'notes').columns = Array.from({ length: 1_000_000 }, (_, i) => ({
          name: `c${i}`,
          type: 'text',
        }))),
      /manifest.json has \d+ bytes, more than/,
    ],
    [
      'ten thousand columns',
      (made) =>
        (table(made, 'notes').columns = Array.from({ length: 10_000 }, (_, i) => ({
          name: `c${i}`,
          type: 'text',
        }))),
      /tables.0.columns Too big/,
    ],
    [
      'a path outside the archive',
      (made) => (table(made, 'notes').files.ndjson.name = '../../../etc/passwd'),
      /are said to be in ..\/..\/..\/etc\/passwd/,
    ],
    [
      'the file of another table',
      (made) => (table(made, 'notes').files.ndjson.name = 'ndjson/note_lines.ndjson'),
      /the rows of notes are said to be in ndjson\/note_lines.ndjson/,
    ],
    [
      'too many rows',
      (made) => (table(made, 'notes').rows = 4),
      /has 3 rows, but the manifest says 4/,
    ],
    [
      'another version',
      (made) => ((made as { version: number }).version = 3),
      /version Invalid option/,
    ],
    ['an invalid tier name', (made) => (made.tenant.tier = 'x'.repeat(64)), /tenant.tier Too big/],
    [
      'an unknown field',
      (made) => ((made as ArchiveManifest & { also: number }).also = 1),
      /Unrecognized key/,
    ],
    [
      'future migrations',
      (made) => made.migrations.push({ tag: '9999_later', sha256: '0'.repeat(64) }),
      /written at migration 9999_later, which this build does not have/,
    ],
    [
      'another history',
      (made) => (made.migrations[0]!.sha256 = '0'.repeat(64)),
      /it comes from a different application/,
    ],
  ])('with %s', async (_, change, why) => {
    expect(await refusal(manifest(change))).toMatch(why)
  })

  it.each(['platinum', 'constructor', '__proto__', ''])(
    'with the unknown tier "%s", unless another tier is given',
    async (tier) => {
      const files = manifest((made) => (made.tenant.tier = tier))
      expect(await refusal(files, null)).toMatch(
        /its tier .* is unknown here; choose one with --tier/,
      )
    },
  )

  it('that is not JSON or does not exist', async () => {
    expect(await refusal(new Map([...good, ['manifest.json', '{"format": ']]))).toContain(
      'manifest.json is not JSON',
    )
    expect(
      await refusal(new Map([...good].filter(([name]) => name !== 'manifest.json'))),
    ).toContain('it has no manifest.json')
  })
})

describe('an archive is refused', () => {
  it('with a missing or an extra file', async () => {
    expect(
      await refusal(new Map([...good].filter(([name]) => name !== 'ndjson/notes.ndjson'))),
    ).toMatch(/the file ndjson\/notes.ndjson is missing/)
    expect(await refusal(new Map([...good, ['run/me.sh', 'rm -rf /']]))).toMatch(
      /it holds run\/me.sh, which its manifest does not name/,
    )
  })

  it('with a file name that escapes the archive', async () => {
    const path = await writeFiles(
      join(folder, 'escape.zip'),
      new Map([...good, ['aa/bb/escape.txt', 'x']]),
    )
    const bytes = (await readFile(path)).toString('latin1')
    await writeFile(path, bytes.replaceAll('aa/bb/escape.txt', '../../escape.txt'), 'latin1')
    expect(await refusalOf(path)).toContain('../../escape.txt')
  })
})
