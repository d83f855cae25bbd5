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

/** A tenant to create. `id` is for callers that need it beforehand; `tier` is one of `config.tiers`. */
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
 * Creates a tenant with its owner and its placement: rows in the shared schema, or a schema or
 * database of its own, as its tier says. Leaves nothing behind if it fails.
 * @param databaseUrl - The URL of an administrator on the server for a tenant's own database; the
 *   main server without it.
 * @returns The tenant's row.
 * @throws Invalid for a bad or taken slug, ServerTooOld, ServerUnusable, and TargetLocked or
 *   SchemaTooNew while a migration runs or after a newer one.
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
      `a ${input.tier} tenant lives in the main database; --database-url is for tiers whose placement is a database`,
    )
  if (kind === 'shared')
    return platform(tenancy).transaction((tx) => addTenant(tenancy, tx, { ...input, id }))
  const remote = databaseUrl === undefined ? null : await useServer(tenancy, databaseUrl)
  return withVersionLock(tenancy, `making tenant ${input.slug}`, async () => {
    const location = await provision(tenancy, id, kind, remote?.server)
    try {
      return await platform(tenancy).transaction(async (tx) => {
        const tenant = await addTenant(
          tenancy,
          tx,
          { ...input, id },
          {
            kind,
            serverId: remote?.id ?? null,
            database: location.database,
            schema: location.schema,
            login: location.login,
            secret: encrypt(tenancy, location.password ?? '', `placement ${id}`),
          },
        )
        await registerHome(tenancy, id, location, 1)
        return tenant
      })
    } catch (error) {
      await unprovision(tenancy, id, location)
      throw error
    }
  })
}

/**
 * Inserts the rows of a new tenant.
 * @param placement - Where it lives; the shared schema without it.
 * @throws Invalid for a bad or taken slug.
 */
export async function addTenant(
  tenancy: Tenancy,
  db: PlatformDb,
  { id, ownerId, ...input }: NewTenant & { id: string },
  placement?: Omit<typeof placements.$inferInsert, 'tenantId'>,
) {
  const [tenant] = await db
    .insert(tenants)
    .values({ ...input, id, slug: checkSlug(input.slug), name: input.name.trim() })
    .onConflictDoNothing({ target: tenants.slug })
    .returning()
  if (!tenant) throw new Invalid('slug', `the slug ${input.slug} is already taken; choose another`)
  await db
    .insert(placements)
    .values({ tenantId: id, ...(placement ?? { kind: 'shared' as const, schema: 'shared' }) })
  if (!placement) await db.execute(sql`select tenancy.register_home(${id})`)
  await tenancy.config.members.addOwner(db, id, ownerId)
  return tenant
}
