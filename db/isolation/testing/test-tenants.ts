import { getTableName, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { withTenant, type Caller, platform, tenancy } from '#db/tenancy'
import { newId, placementOf, type PlacementKind } from '@rowhouse/tenancy'
import { createTenant, unprovision } from '@rowhouse/tenancy/admin'
import { refusal, rows } from '@rowhouse/tenancy/testing'
import { activity } from '#db/schema/tenant'
import * as tenantSchema from '#db/schema/tenant'
import type { Role } from '#db/schema/platform'
import { tierNames, tiers, type Tier } from '#db/tiers'
import { fillWithSample } from '#db/product/sample'
import { stories } from '#db/product/stories'
import * as sessions from '#db/accounts/sessions'
import { addMember } from '#db/accounts/add-member'
import * as users from '#db/accounts/users'
import { addRows, tagsWithRows } from '#db/testing/tenant-rows'

export type TestTenant = {
  id: string
  slug: string
  mark: string
  owner: Caller & { kind: 'session' }
}
/**
 * Two tenants in each kind of placement. All their texts contain `mark`, which reveals leaked rows.
 */
export type TestTenants = Record<PlacementKind, [TestTenant, TestTenant]>

/** The tables of the schema file, by name. */
export const tenantTables = Object.values(tenantSchema)
  .flatMap((value) => (is(value, PgTable) ? [getTableName(value)] : []))
  .sort()

/** A tier whose tenants are placed in `kind`. */
function tierPlacedIn(kind: PlacementKind): Tier {
  const tier = tierNames.find((name) => tiers[name].placement === kind)
  if (!tier) throw new Error(`db/tiers.ts places no tier in ${kind}`)
  return tier
}

/** Builds two tenants of each of the given kinds, with `orders` orders each. */
export async function createTestTenants(
  kinds: readonly PlacementKind[],
  orders = 6,
): Promise<TestTenants> {
  const testTenants = {} as TestTenants
  for (const kind of kinds)
    testTenants[kind] = [
      await createTestTenant(kind, 'a', orders),
      await createTestTenant(kind, 'b', orders),
    ]
  return testTenants
}

/** Drops their schemas, roles and databases; their rows are dropped with the test's database. */
export async function removeTestTenants(testTenants: TestTenants): Promise<void> {
  for (const { id } of Object.values(testTenants).flat())
    await unprovision(tenancy(), id, await placementOf(tenancy(), id))
}

/**
 * Creates a tenant with an owner and `orders` orders. `name` becomes a part of its mark and slug.
 */
export async function createTestTenant(
  kind: PlacementKind,
  name: string,
  orders: number,
): Promise<TestTenant> {
  const mark = `CANARY-${kind}-${name}-${newId().slice(-8)}`
  const slug = mark.toLowerCase()
  const user = await users.create(platform(), {
    email: `owner@${slug}.example`,
    name: `${mark} owner`,
    verified: true,
  })
  const { id } = await createTenant(tenancy(), {
    slug,
    name: mark,
    ownerId: user.id,
    tier: tierPlacedIn(kind),
  })
  const { products, customers, streets, domain } = stories.acme
  const story = {
    domain: `${slug}.${domain}`,
    streets: streets.map((text) => `${mark} ${text}`),
    customers: customers.map((text) => `${mark} ${text}`),
    products: products.map(([sku, text, price]): [string, string, number] => [
      sku,
      `${mark} ${text}`,
      price,
    ]),
  }
  await withTenant({ kind: 'service', tenantId: id, reason: 'test' }, async (tx) => {
    await fillWithSample(tx, story, orders)
    await tx.insert(activity).values({
      tenantId: id,
      id: newId(),
      actor: mark,
      action: 'order.created',
      subject: `${mark} 1001`,
    })
  })
  // the sample data fills the tables of the first migration
  for (const tag of (await tagsWithRows()).slice(1)) await addRows(id, tag)
  return { id, slug, mark, owner: await callerFor(user.id, id) }
}

/** Starts a session of a user and returns it as a caller. */
export async function callerFor(
  userId: string,
  tenantId: string,
): Promise<Caller & { kind: 'session' }> {
  const token = await sessions.start(userId, { device: 'test', address: '127.0.0.1' })
  return { kind: 'session', token, tenantId, actor: { id: userId, name: 'test' } }
}

/** Creates a user with a role in a tenant and signs them in. */
export async function memberOf(
  tenantId: string,
  role: Role,
): Promise<Caller & { kind: 'session' }> {
  const user = await users.create(platform(), {
    email: `${newId()}@people.example`,
    name: role,
    verified: true,
  })
  await addMember(platform(), tenantId, user.id, role)
  return callerFor(user.id, tenantId)
}

/** Runs raw SQL in a tenant transaction. */
export const queryAs = (caller: Caller, text: string): Promise<Record<string, unknown>[]> =>
  withTenant(caller, (tx) => rows(tx, text))

export { refusal, rows }
