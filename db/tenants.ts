import { eq, sql } from 'drizzle-orm'
import { Invalid, TenantNotFound } from '#db/errors'
import { newId } from '#db/id'
import type { PlatformDb } from '#db/registry'
import { members, placements, tenants, type Role } from '#db/schema/platform'

const reserved = new Set(['admin', 'api', 'app', 'console', 'healthz', 'postgres', 'public', 'rowhouse', 'shared', 'support', 'tenancy', 'platform', 'www'])

/** A slug as it is stored. Throws Invalid for anything but 1 to 63 of a-z, 0-9 and hyphens, and for reserved words. */
export function checkSlug(slug: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(slug)) throw new Invalid('slug', `a slug has 1 to 63 of a-z, 0-9 and hyphens, none at an end; this is ${JSON.stringify(slug.slice(0, 80))}`)
  if (reserved.has(slug)) throw new Invalid('slug', `the slug ${slug} is reserved; choose another`)
  return slug
}

export async function bySlug(db: PlatformDb, slug: string) {
  const [tenant] = await db.select().from(tenants).where(eq(tenants.slug, slug))
  if (!tenant) throw new TenantNotFound(slug)
  return tenant
}

/** Adds a starter tenant with its owner, in the shared schema: rows only, no DDL. */
export async function create(db: PlatformDb, input: { slug: string; name: string; ownerId: string; currency?: string; locale?: string }) {
  const slug = checkSlug(input.slug)
  const id = newId()
  const { currency = 'EUR', locale = 'en-GB', name } = input
  const [tenant] = await db.insert(tenants).values({ id, slug, name: name.trim(), currency, locale }).onConflictDoNothing({ target: tenants.slug }).returning()
  if (!tenant) throw new Invalid('slug', `the slug ${slug} is taken; choose another`)
  await db.insert(placements).values({ tenantId: id, kind: 'shared', schema: 'shared' })
  await db.execute(sql`select tenancy.settle(${id})`)
  await addMember(db, id, input.ownerId, 'owner')
  return tenant
}

export async function addMember(db: PlatformDb, tenantId: string, userId: string, role: Role): Promise<void> {
  await db.insert(members).values({ tenantId, userId, role }).onConflictDoNothing()
}
