import { eq } from 'drizzle-orm'
import { Invalid, TenantNotFound } from '#tenancy/base/errors'
import { type PlatformDb } from '#tenancy/base/tenancy'
import { tenants } from '#tenancy/base/schema'

const reserved = new Set([
  'admin',
  'api',
  'app',
  'console',
  'healthz',
  'postgres',
  'public',
  'rowhouse',
  'shared',
  'support',
  'tenancy',
  'platform',
  'www',
])

/**
 * Checks a slug.
 * @param slug - A new slug.
 * @returns The same slug.
 * @throws Invalid unless it has 1 to 63 of a-z, 0-9 and inner hyphens, or if it is reserved.
 */
export function checkSlug(slug: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(slug))
    throw new Invalid(
      'slug',
      `a slug has 1 to 63 of a-z, 0-9 and hyphens, and no hyphen at either end; this one is ${JSON.stringify(slug.slice(0, 80))}`,
    )
  if (reserved.has(slug)) throw new Invalid('slug', `the slug ${slug} is reserved; choose another`)
  return slug
}

/**
 * Reads a tenant by its slug.
 * @param db - A connection of the platform login.
 * @param slug - The slug.
 * @returns The tenant's row.
 * @throws TenantNotFound
 */
export async function bySlug(db: PlatformDb, slug: string) {
  const [tenant] = await db.select().from(tenants).where(eq(tenants.slug, slug))
  if (!tenant) throw new TenantNotFound(slug)
  return tenant
}
