import { expect, test } from '@playwright/test'
import { eq } from 'drizzle-orm'
import { routeInventory } from '#app/_access/route-inventory'
import { pageRows } from '#app/_access/access-matrix'
import { withTenant, platform } from '#db/tenancy'
import { newId } from '@rowhouse/tenancy'
import { tenants } from '@rowhouse/tenancy/schema'
import { customers } from '#db/schema/tenant'
import { addMember } from '#db/accounts/add-member'
import * as users from '#db/accounts/users'
import { cookieOf, sessionOf } from './fixtures'

// What somebody with curl tries who has read the framework's source.

const behind = Object.entries(pageRows)
  .filter(
    ([path, row]) =>
      row.nobody !== 'page' && !path.includes('[') && !/^\/(sign|mailbox)/.test(path),
  )
  .map(([path]) => path)

test('no header, suffix or spelling of an address gets a page past its own check', async ({
  request,
}) => {
  const [acme] = await platform().select().from(tenants).where(eq(tenants.slug, 'acme'))
  const names = await withTenant(
    { kind: 'service', tenantId: acme?.id ?? '', reason: 'test' },
    (tx) => tx.select({ name: customers.name }).from(customers),
  )
  const { id } = await users.create(platform(), {
    email: `${newId()}@hostile.example`,
    name: 'Mallory',
    verified: true,
  })
  await addMember(platform(), acme?.id ?? '', id, 'viewer')
  const cookie = await cookieOf(await sessionOf(id))
  const seen = (body: string) => names.filter(({ name }) => body.includes(name)).length
  expect(
    seen(await (await request.get('/customers', { headers: { cookie } })).text()),
  ).toBeGreaterThan(5)

  const headers: Record<string, string>[] = [
    { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
    { 'x-middleware-subrequest': 'src/proxy:proxy:proxy:proxy:proxy' },
    { 'x-middleware-prefetch': '1', purpose: 'prefetch' },
    { rsc: '1', 'next-router-prefetch': '1' },
    { rsc: '1', 'next-router-segment-prefetch': '/_tree' },
    { rsc: '1', 'next-router-segment-prefetch': '/(tenant)/customers/__PAGE__' },
    { 'x-rowhouse-path': '/sign-in', 'x-nextjs-data': '1' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    { 'x-invoke-path': '/customers', 'x-matched-path': '/customers' },
    {
      'next-router-state-tree': encodeURIComponent(
        JSON.stringify([
          '',
          {
            children: [
              '(tenant)',
              { children: ['customers', { children: ['__PAGE__', {}, null, 'refetch'] }] },
            ],
          },
        ]),
      ),
      rsc: '1',
    },
  ]
  const spellings = [
    (path: string) => `${path}.rsc`,
    (path: string) => `/${path}`,
    (path: string) => `/.${path}`,
    (path: string) => `${path}/`,
    (path: string) => `${path}%2f`,
    (path: string) => `${path}.txt`,
    (path: string) => `/_next/data/x${path}.json`,
    (path: string) => path.replace('/', '/%2e/'),
    (path: string) => path.toUpperCase(),
  ]
  const leaks: string[] = []
  const look = async (what: string, path: string, given: Record<string, string>) => {
    const answer = await request
      .get(path, { headers: given, maxRedirects: 0 })
      .catch(() => undefined)
    if (!answer) return
    const body = await answer.text()
    if (seen(body) > 0 || answer.status() >= 500)
      leaks.push(`${what}: ${answer.status()}, ${seen(body)} names`)
  }
  for (const path of behind) {
    for (const given of headers)
      await look(`${path} with ${Object.keys(given).join(', ')}`, path, given)
    for (const spell of spellings) await look(`${path} as ${spell(path)}`, spell(path), {})
  }
  expect(leaks).toEqual([])
})

test('every method of every route refuses what another site sends with the cookies of a member', async ({
  request,
}) => {
  const [acme] = await platform().select().from(tenants).where(eq(tenants.slug, 'acme'))
  const { id } = await users.create(platform(), {
    email: `${newId()}@hostile.example`,
    name: 'Victim',
    verified: true,
  })
  await addMember(platform(), acme?.id ?? '', id, 'owner')
  const cookie = await cookieOf(await sessionOf(id))
  const allowed: string[] = []
  for (const path of new Set(
    routeInventory(process.cwd()).routes.map((route) =>
      route.path.replace('[...nextauth]', 'signout').replace('[id]', newId()),
    ),
  )) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const origin of ['https://evil.example', 'null']) {
        const answer = await request.fetch(path, {
          method,
          headers: { cookie, origin, 'content-type': 'text/plain' },
          data: '{}',
          maxRedirects: 0,
        })
        if (answer.status() < 400 || answer.status() >= 500)
          allowed.push(`${method} ${path} from ${origin}: ${answer.status()}`)
      }
    }
  }
  expect(allowed).toEqual([])
  expect((await request.get('/orders', { headers: { cookie }, maxRedirects: 0 })).status()).toBe(
    200,
  )
})

test('an address that is none is refused, and is no fault of the server', async ({ request }) => {
  for (const path of [
    '/orders/%zz',
    '/console/tenants/%zz/tier?x=1',
    '/api/auth/providers/%',
    '/api/auth/callback/github?callbackUrl=5',
    '/api/auth/callback/github?callbackUrl=javascript:alert(1)',
  ]) {
    expect((await request.get(path, { maxRedirects: 0 })).status(), path).toBe(400)
  }
  expect(
    (
      await request.get('/api/auth/session', {
        headers: { cookie: 'rowhouse.callback=x' },
        maxRedirects: 0,
      })
    ).status(),
  ).toBe(400)
  expect(
    (
      await request.get('/api/auth/session', {
        headers: { cookie: 'rowhouse.callback=/orders' },
        maxRedirects: 0,
      })
    ).status(),
  ).toBe(200)
})
