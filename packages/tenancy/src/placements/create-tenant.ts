import { sql } from 'drizzle-orm'
import { tierOf } from '#tenancy/base/tiers'
import { type Tenancy, type PlatformDb } from '#tenancy/base/tenancy'
import { Invalid } from '#tenancy/base/errors'
import { withVersionLock } from '#tenancy/migrations/version-lock'
import { newId } from '#tenancy/base/ids'
import { provision, registerHome, unprovision } from '#tenancy/placements/provision'
import { useServer } from '#tenancy/placements/servers'
import { platform } from '#tenancy/registry/placements'
import { placements, tenants } from '#tenancy/base/schema'
import { encrypt } from '#tenancy/base/encryption'
import { checkSlug } from '#tenancy/registry/tenants'

/** `id` is given when somebody has to know it before the tenant is there. */
export type NewTenant = {
  id?: string
  slug: string
  name: string
  ownerId: string
  tier: string
  currency?: string
  locale?: string
}

/**
 * Makes a tenant with its owner and its place. A starter tenant is rows only; a business tenant
 * gets a schema, an enterprise tenant a database, on the main server or on the one of `databaseUrl`
 * (an administrator's URL). Nothing stays of it when it fails. Throws Invalid for a bad or taken
 * slug, ServerTooOld, ServerUnusable; TargetLocked or SchemaTooNew where a migration is under way or
 * ahead.
 */
export async function createTenant(
  tenancy: Tenancy,
  { id = newId(), ...input }: NewTenant,
  databaseUrl?: string,
) {
  checkSlug(input.slug)
  const kind = tierOf(tenancy, input.tier).placement
  if (databaseUrl !== undefined && kind !== 'database')
    throw new Invalid(
      'databaseUrl',
      `a ${input.tier} tenant is in the main database; --database-url goes with a tier that has a database of its own`,
    )
  if (kind === 'shared')
    return platform(tenancy).transaction((tx) => addTenant(tenancy, tx, id, input))
  const remote = databaseUrl === undefined ? null : await useServer(tenancy, databaseUrl)
  return withVersionLock(tenancy, `making tenant ${input.slug}`, async () => {
    const place = await provision(tenancy, id, kind, remote?.server)
    try {
      return await platform(tenancy).transaction(async (tx) => {
        const tenant = await addTenant(tenancy, tx, id, input, {
          kind,
          serverId: remote?.id ?? null,
          database: place.database,
          schema: place.schema,
          login: place.login,
          secret: encrypt(tenancy, place.password ?? '', `placement ${id}`),
        })
        await registerHome(tenancy, id, place, 1)
        return tenant
      })
    } catch (error) {
      await unprovision(tenancy, id, place)
      throw error
    }
  })
}

/** The rows of a tenant that lives in the shared schema, or in the place given. */
export async function addTenant(
  tenancy: Tenancy,
  db: PlatformDb,
  id: string,
  { ownerId, ...input }: NewTenant,
  place?: Omit<typeof placements.$inferInsert, 'tenantId'>,
) {
  const [tenant] = await db
    .insert(tenants)
    .values({ ...input, id, slug: checkSlug(input.slug), name: input.name.trim() })
    .onConflictDoNothing({ target: tenants.slug })
    .returning()
  if (!tenant) throw new Invalid('slug', `the slug ${input.slug} is taken; choose another`)
  await db
    .insert(placements)
    .values({ tenantId: id, ...(place ?? { kind: 'shared' as const, schema: 'shared' }) })
  if (!place) await db.execute(sql`select tenancy.register_home(${id})`)
  await tenancy.config.members.addOwner(db, id, ownerId)
  return tenant
}
