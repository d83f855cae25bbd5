import { eq } from 'drizzle-orm'
import { demoLogins, type DemoLogin } from '#db/demo'
import { withTenant } from '#db/door'
import { platform, type PlatformDb } from '#db/registry'
import { tenants as tenantTable } from '#db/schema/platform'
import { fillWithSample } from '#db/seed/sample'
import { stories } from '#db/seed/stories'
import * as tenants from '#db/tenants'
import * as users from '#db/users'

const ordersEach = 2000

/** Makes the demo people and tenants, each only when it is not there yet. Returns the logins. */
export async function seedDemo(): Promise<DemoLogin[]> {
  const db = platform()
  const [ada, grace, sam, vera, olivia] = await Promise.all(['Ada Reyes', 'Grace Okafor', 'Sam Lindqvist', 'Vera Novak', 'Olivia Hart'].map((name, i) => person(db, name, i)))
  if (!ada || !grace || !sam || !vera || !olivia) throw new Error('the demo has five logins')
  const acme = await tenant(db, { slug: 'acme', name: 'Acme', ownerId: ada.id, currency: 'EUR', locale: 'en-GB' })
  const globex = await tenant(db, { slug: 'globex', name: 'Globex', ownerId: grace.id, currency: 'USD', locale: 'en-US' })
  await tenants.addMember(db, acme.id, sam.id, 'member')
  await tenants.addMember(db, globex.id, sam.id, 'member')
  await tenants.addMember(db, acme.id, vera.id, 'viewer')
  await users.makeOperator(db, olivia.id, 'seed')
  await withTenant({ kind: 'service', tenantId: acme.id, reason: 'Sample data' }, (tx) => fillWithSample(tx, stories.acme, ordersEach))
  await withTenant({ kind: 'service', tenantId: globex.id, reason: 'Sample data' }, (tx) => fillWithSample(tx, stories.globex, ordersEach, new Date(), 11))
  return demoLogins()
}

async function person(db: PlatformDb, name: string, index: number) {
  const login = demoLogins()[index]
  if (!login) throw new Error(`no demo login for ${name}`)
  return (await users.byEmail(db, login.email)) ?? users.create(db, { ...login, name, verified: true })
}

async function tenant(db: PlatformDb, input: Parameters<typeof tenants.create>[1]) {
  const [known] = await db.select().from(tenantTable).where(eq(tenantTable.slug, input.slug))
  return known ?? db.transaction((tx) => tenants.create(tx, input))
}
