import { eq } from 'drizzle-orm'
import { demoLogins, type DemoLogin } from '#db/seed/demo-logins'
import { withTenant, platform, tenancy } from '#db/tenancy'
import { createTenant, type NewTenant } from '@rowhouse/tenancy/admin'
import type { PlatformDb } from '@rowhouse/tenancy'
import { tenants as tenantTable } from '@rowhouse/tenancy/schema'
import { fillWithSample } from '#db/product/sample'
import { stories } from '#db/product/stories'
import { addMember } from '#db/accounts/add-member'
import * as users from '#db/accounts/users'

const ordersEach = 2000

/** Creates the demo users and tenants that do not exist yet. Returns the logins. */
export async function seedDemo(): Promise<DemoLogin[]> {
  const db = platform()
  const names = [
    'Ada Reyes',
    'Grace Okafor',
    'Sam Lindqvist',
    'Vera Novak',
    'Ines Duarte',
    'Umar Farouk',
    'Olivia Hart',
  ]
  const [ada, grace, sam, vera, ines, umar, olivia] = await Promise.all(
    names.map((name, i) => person(db, name, i)),
  )
  if (!ada || !grace || !sam || !vera || !ines || !umar || !olivia)
    throw new Error(`the demo has ${names.length} logins`)
  const acme = await tenant(db, {
    slug: 'acme',
    name: 'Acme',
    tier: 'starter',
    ownerId: ada.id,
    currency: 'EUR',
    locale: 'en-GB',
  })
  const globex = await tenant(db, {
    slug: 'globex',
    name: 'Globex',
    tier: 'starter',
    ownerId: grace.id,
    currency: 'USD',
    locale: 'en-US',
  })
  const initech = await tenant(db, {
    slug: 'initech',
    name: 'Initech',
    ownerId: ines.id,
    tier: 'business',
    currency: 'EUR',
    locale: 'de-DE',
  })
  const umbrella = await tenant(db, {
    slug: 'umbrella',
    name: 'Umbrella',
    ownerId: umar.id,
    tier: 'enterprise',
    currency: 'GBP',
    locale: 'en-GB',
  })
  await addMember(db, acme.id, sam.id, 'member')
  await addMember(db, globex.id, sam.id, 'member')
  await addMember(db, acme.id, vera.id, 'viewer')
  await users.makeOperator(db, olivia.id, 'seed')
  for (const [i, { id, slug }] of [acme, globex, initech, umbrella].entries()) {
    const story = stories[slug as keyof typeof stories]
    await withTenant({ kind: 'service', tenantId: id, reason: 'sample data' }, (tx) =>
      fillWithSample(tx, story, ordersEach, new Date(), 7 + i),
    )
  }
  return demoLogins()
}

async function person(db: PlatformDb, name: string, index: number) {
  const login = demoLogins()[index]
  if (!login) throw new Error(`no demo login for ${name}`)
  return (
    (await users.byEmail(db, login.email)) ?? users.create(db, { ...login, name, verified: true })
  )
}

async function tenant(db: PlatformDb, input: NewTenant) {
  const [known] = await db.select().from(tenantTable).where(eq(tenantTable.slug, input.slug))
  return known ?? createTenant(tenancy(), input)
}
