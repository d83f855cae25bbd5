import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { exports, runExport } from '@rowhouse/tenancy/data'
import { signExportLink } from '#db/accounts/export-link'
import { newId, closePools } from '@rowhouse/tenancy'
import { createTestTenant, memberOf, type TestTenant } from '#db/isolation/testing/test-tenants'
import { platform, tenancy } from '#db/tenancy'
import { members } from '#db/schema/platform'
import * as sessions from '#db/accounts/sessions'

const signedIn = vi.hoisted(() => ({ token: undefined as string | undefined }))
vi.mock('#app/_session/session', () => ({
  auth: async () => {
    const facts = signedIn.token ? await sessions.read(signedIn.token) : undefined
    return facts ? { ...facts, token: signedIn.token } : null
  },
}))
const { GET } = await import('./route')

let acme: TestTenant
let globex: TestTenant
let exportId: string
beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-route-'))
  acme = await createTestTenant('shared', 'a', 2)
  globex = await createTestTenant('shared', 'b', 2)
  exportId = (await exports.request(platform(), acme.id, 'test')).id
  await runExport(tenancy(), exportId)
})
afterAll(() => closePools(tenancy()))

const get = (path: string) =>
  GET(new Request(`http://localhost:3000${path}`), {
    params: Promise.resolve({ id: path.split(/[/?]/)[3] ?? '' }),
  })
const sessionOf = async (token: string) => (await sessions.read(token))?.id ?? ''
const download = async (path: string, token: string | undefined) => {
  signedIn.token = token
  const response = await get(path)
  return { status: response.status, headers: [...response.headers], body: await response.text() }
}

test('the link downloads the file in the session that it was made for', async () => {
  signedIn.token = acme.owner.token
  const response = await get(signExportLink(await sessionOf(acme.owner.token), exportId))
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/zip',
    'cache-control': 'private, no-store',
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(bytes.length).toBe(Number(response.headers.get('content-length')))
  expect(bytes.subarray(0, 2).toString()).toBe('PK')
})

test('a signed-out browser, another tenant, another session, a viewer and a removed member get the same 404 as for an unknown export', async () => {
  const leaving = await memberOf(acme.id, 'admin')
  const viewer = await memberOf(acme.id, 'viewer')
  const link = signExportLink(await sessionOf(acme.owner.token), exportId)
  const leavingLink = signExportLink(await sessionOf(leaving.token), exportId)
  expect((await download(leavingLink, leaving.token)).status).toBe(200)
  const notFound = await download(
    signExportLink(await sessionOf(acme.owner.token), newId()),
    acme.owner.token,
  )
  expect(notFound.status).toBe(404)

  expect(await download(link, undefined)).toEqual(notFound)
  expect(await download(link, globex.owner.token)).toEqual(notFound)
  expect(
    await download(
      signExportLink(await sessionOf(globex.owner.token), exportId),
      globex.owner.token,
    ),
  ).toEqual(notFound)
  expect(await download(link, leaving.token)).toEqual(notFound)
  expect(
    await download(signExportLink(await sessionOf(viewer.token), exportId), viewer.token),
  ).toEqual(notFound)
  expect(
    await download(
      signExportLink(await sessionOf(acme.owner.token), exportId, Date.now() - 16 * 60_000),
      acme.owner.token,
    ),
  ).toEqual(notFound)
  expect(await download(`/api/exports/${exportId}`, acme.owner.token)).toEqual(notFound)
  expect(await download('/api/exports/..%2F..%2Fetc', acme.owner.token)).toEqual(notFound)

  await platform()
    .delete(members)
    .where(and(eq(members.tenantId, acme.id), eq(members.userId, leaving.actor.id ?? '')))
  expect(await download(leavingLink, leaving.token)).toEqual(notFound)
})
