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

// The attempts of an attacker who has curl and has read the framework's source.

const protectedPaths = Object.entries(pageRows)
  .filter(
    ([path, row]) =>
      row.nobody !== 'page' && !path.includes('[') && !/^\/(sign|mailbox)/.test(path),
  )
  .map(([path]) => path)

test('no header, suffix or spelling of a path bypasses the check of a page', async ({
  request,
}) => {
  const [acme] = await platform().select().from(tenants).where(eq(tenants.slug, 'acme'))
  const names = await withTenant(
    { kind: 'service', tenantId: acme?.id ?? '', reason: 'test' },
    (tx) => tx.select({ name: customers.name }).from(customers),
  )
  const { id } = await users.create(platform(), {
    email: `${newId()}@attacker.example`,
    name: 'Mallory',
    verified: true,
  })
  await addMember(platform(), acme?.id ?? '', id, 'viewer')
  const cookie = await cookieOf(await sessionOf(id))
  const leakedNames = (body: string) => names.filter(({ name }) => body.includes(name)).length
  expect(
    leakedNames(await (await request.get('/customers', { headers: { cookie } })).text()),
  ).toBeGreaterThan(5)

  const attackHeaders: Record<string, string>[] = [
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
  const probe = async (what: string, path: string, headers: Record<string, string>) => {
    const response = await request.get(path, { headers, maxRedirects: 0 }).catch(() => undefined)
    if (!response) return
    const body = await response.text()
    if (leakedNames(body) > 0 || response.status() >= 500)
      leaks.push(`${what}: ${response.status()}, ${leakedNames(body)} names`)
  }
  for (const path of protectedPaths) {
    for (const headers of attackHeaders)
      await probe(`${path} with ${Object.keys(headers).join(', ')}`, path, headers)
    for (const spell of spellings) await probe(`${path} as ${spell(path)}`, spell(path), {})
  }
  expect(leaks).toEqual([])
})

test('every method of every route refuses cross-site requests that carry a member’s cookies', async ({
  request,
}) => {
  const [acme] = await platform().select().from(tenants).where(eq(tenants.slug, 'acme'))
  const { id } = await users.create(platform(), {
    email: `${newId()}@attacker.example`,
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
        const response = await request.fetch(path, {
          method,
          headers: { cookie, origin, 'content-type': 'text/plain' },
          data: '{}',
          maxRedirects: 0,
        })
        if (response.status() < 400 || response.status() >= 500)
          allowed.push(`${method} ${path} from ${origin}: ${response.status()}`)
      }
    }
  }
  expect(allowed).toEqual([])
  expect((await request.get('/orders', { headers: { cookie }, maxRedirects: 0 })).status()).toBe(
    200,
  )
})

test('a malformed URL is a bad request, not a server error', async ({ request }) => {
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
