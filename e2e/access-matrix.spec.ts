import { expect, request, test, type APIRequestContext } from '@playwright/test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { personas, pageRows, type PageResult, type Persona } from '#app/_access/access-matrix'
import { withTenant, platform, tenancy } from '#db/tenancy'
import { requestRun } from '@rowhouse/tenancy/migrations'
import { newId } from '@rowhouse/tenancy'
import { moves, tenants } from '@rowhouse/tenancy/schema'
import { customers, orders, products } from '#db/schema/tenant'
import { addMember } from '#db/accounts/add-member'
import * as users from '#db/accounts/users'
import { cookieOf, sessionOf } from './fixtures'

// Requests each page over HTTP as every persona, both as a document, as a browser does, and as an
// RSC payload, as the router does.

const clients = {} as Record<Persona, APIRequestContext>
let ids: Record<string, string>

test.beforeAll(async ({ baseURL }) => {
  const db = platform()
  const [acme] = await db.select().from(tenants).where(eq(tenants.slug, 'acme'))
  if (!acme) throw new Error('there is no demo tenant acme')
  for (const who of personas) {
    const cookie =
      who === 'nobody'
        ? undefined
        : await cookieOf(await sessionOf(await createPersona(who, acme.id)))
    clients[who] = await request.newContext({
      ...(baseURL && { baseURL }),
      extraHTTPHeaders: cookie ? { cookie } : {},
    })
  }
  const location = {
    kind: 'shared' as const,
    serverId: null,
    database: null,
    schema: 'shared',
    login: null,
    secret: null,
    epoch: 1,
  }
  const [move] = await db
    .insert(moves)
    .values({
      id: newId(),
      tenantId: acme.id,
      state: 'aborted',
      source: location,
      target: location,
      tierFrom: 'starter',
      tierTo: 'business',
      requestedBy: 'test',
      reason: 'test',
    })
    .returning()
  const first = await withTenant(
    { kind: 'service', tenantId: acme.id, reason: 'test' },
    async (tx) => ({
      orders: (
        await tx.select({ id: orders.id }).from(orders).where(eq(orders.status, 'placed')).limit(1)
      )[0]?.id,
      customers: (await tx.select({ id: customers.id }).from(customers).limit(1))[0]?.id,
      products: (await tx.select({ id: products.id }).from(products).limit(1))[0]?.id,
    }),
  )
  ids = {
    '/orders': first.orders ?? '',
    '/customers': first.customers ?? '',
    '/products': first.products ?? '',
    '/mailbox': newId(),
    '/console/moves': move?.id ?? '',
    '/console/fleet/runs': await requestRun(tenancy(), 'test', {}),
  }
})
test.afterAll(() => Promise.all(Object.values(clients).map((client) => client.dispose())))

async function createPersona(who: Persona, tenantId: string): Promise<string> {
  const { id } = await users.create(platform(), {
    email: `${newId()}@pages.example`,
    name: who,
    verified: true,
  })
  if (who === 'operator') await users.makeOperator(platform(), id, 'test')
  else await addMember(platform(), tenantId, id, who as Exclude<Persona, 'operator' | 'nobody'>)
  return id
}

const addressOf = (path: string) =>
  path
    .replace('[slug]', 'acme')
    .replace(/^(.*)\/\[id\]/, (_, before: string) => `${before}/${ids[before]}`)

/**
 * Classifies a response. With a loading state the status is sent before the page is rendered, so
 * the result has to be read from the payload.
 */
async function resultOf(
  client: APIRequestContext,
  address: string,
  headers: Record<string, string>,
): Promise<PageResult | number> {
  const response = await client.get(address, { headers, maxRedirects: 0 })
  // the first request for a payload is redirected to the same path with a cache-busting parameter
  const redirect = new URL(response.headers().location ?? '', 'http://x')
  if (redirect.searchParams.has('_rsc') && !address.includes('_rsc'))
    return resultOf(client, redirect.pathname + redirect.search, headers)
  const location =
    response.headers().location ?? /NEXT_REDIRECT;\w+;([^;]+);/.exec(await response.text())?.[1]
  // this many requests may exceed Acme's rate limit
  if (response.status() === 429 || (location && pathOf(location) === '/busy'))
    return sleep(1000).then(() => resultOf(client, address, headers))
  if (location) return pathOf(location)
  if (response.status() === 404 || /NEXT_HTTP_ERROR_FALLBACK;404/.test(await response.text()))
    return 'not found'
  return response.status() === 200 ? 'page' : response.status()
}

const pathOf = (location: string) => new URL(location, 'http://x').pathname as PageResult

for (const [path, row] of Object.entries(pageRows)) {
  test(`${path} gives each persona what the access matrix says`, async () => {
    const [page, payload] = [{}, {}] as [Record<string, unknown>, Record<string, unknown>]
    for (const who of personas) {
      page[who] = await resultOf(clients[who], addressOf(path), {})
      payload[who] = await resultOf(clients[who], addressOf(path), { rsc: '1', 'next-url': '/' })
    }
    expect({ page, payload }).toEqual({ page: row, payload: row })
  })
}
