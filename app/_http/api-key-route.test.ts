import { eq } from 'drizzle-orm'
import { bans } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { apiKeyRoute } from '#app/_http/api-key-route'
import * as apiKeys from '#db/accounts/api-keys'
import { createTestTenant } from '#db/isolation/testing/test-tenants'
import { closePools, setLimits } from '@rowhouse/tenancy'
import { resume, suspend } from '@rowhouse/tenancy/admin'

const run = vi.fn(async ({ input }: { input: { note: string } }) => ({ body: input.note.length }))
const post = apiKeyRoute(z.object({ note: z.string() }), 'orders:write', run)
let key: string
beforeAll(async () => {
  const { id, owner } = await createTestTenant('shared', 'a', 1)
  key = (
    await apiKeys.create({
      tenantId: id,
      userId: owner.actor.id ?? '',
      name: 'test',
      scope: 'write',
      days: null,
    })
  ).key
})
afterAll(() => closePools(tenancy()))

const send = (body: BodyInit, more: Record<string, string> = {}) =>
  post(
    new Request('http://localhost:3000/api/v1/orders', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...more },
      body,
      duplex: 'half',
    } as RequestInit),
    { params: Promise.resolve({}) },
  )
const bodyOf = (bytes: number) =>
  JSON.stringify({ note: 'x'.repeat(bytes - JSON.stringify({ note: '' }).length) })

test('a body has at most 256 kB, in one chunk or in several', async () => {
  const most = 256 * 1024
  expect((await send(bodyOf(most))).status).toBe(200)
  expect((await send(new Blob([bodyOf(most)]).stream())).status).toBe(200)
  expect((await send(bodyOf(most + 1))).status).toBe(413)
  expect((await send(`{"note": "${'ä'.repeat(most / 2)}"}`)).status).toBe(413)
})

test('an endless body is cancelled as soon as it is too long', async () => {
  let [pulled, cancelled] = [0, false]
  const endless = new ReadableStream({
    pull(to) {
      pulled++
      to.enqueue(new Uint8Array(10_000))
    },
    cancel: () => void (cancelled = true),
  })
  const before = run.mock.calls.length
  expect((await send(endless, { 'content-length': '2' })).status).toBe(413)
  expect([pulled < 40, cancelled, run.mock.calls.length]).toEqual([true, true, before])
})

test('a body that is not a JSON object is refused with 400 and a reason', async () => {
  for (const body of ['', '[', '7', '[]', 'null']) {
    const response = await send(body)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { detail: 'the body is not a JSON object' },
    ])
  }
})

test('keys that are expired, revoked, of a banned user or of a suspended tenant use up no calls', async () => {
  const { id: tenantId, slug, owner } = await createTestTenant('shared', 'b', 1)
  const userId = owner.actor.id ?? ''
  const of = { tenantId, userId, name: 'test', scope: 'write' as const, days: null }
  const [live, expired, revoked] = [
    await apiKeys.create(of),
    await apiKeys.create({ ...of, days: -1 }),
    await apiKeys.create(of),
  ]
  await apiKeys.revoke(tenantId, revoked.id)
  const call = async ({ key: secret }: { key: string }) => {
    const response = await send(bodyOf(100), { authorization: `Bearer ${secret}` })
    return [response.status, response.headers.get('ratelimit-remaining')] as const
  }
  const [, before] = await call(live)
  expect(await call(expired)).toEqual([401, null])
  expect(await call(revoked)).toEqual([401, null])
  await platform().insert(bans).values({ userId, by: 'test', reason: 'test' })
  expect(await call(live)).toEqual([401, null])
  await platform().delete(bans).where(eq(bans.userId, userId))
  const action = { tenantId, slug, actor: 'test', reason: 'test' }
  await suspend(tenancy(), action)
  expect(await call(live)).toEqual([403, null])
  await resume(tenancy(), action)
  expect(await call(live)).toEqual([200, String(Number(before) - 1)])
})

test('a call above the limit of the tenant is refused before it runs', async () => {
  const { id: tenantId, owner } = await createTestTenant('shared', 'c', 1)
  await setLimits(tenancy(), { tenantId, actor: 'test', reason: 'test' }, { apiPerMinute: 2 })
  const { key: limited } = await apiKeys.create({
    tenantId,
    userId: owner.actor.id ?? '',
    name: 'test',
    scope: 'write',
    days: null,
  })
  const call = async () => (await send(bodyOf(100), { authorization: `Bearer ${limited}` })).status
  expect([await call(), await call()]).toEqual([200, 200])
  const before = run.mock.calls.length
  expect(await call()).toBe(429)
  expect(run.mock.calls.length).toBe(before)
})
