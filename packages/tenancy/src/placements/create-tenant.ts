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

/** A tenant to create. */
export type NewTenant = {
  /** For callers that need the id beforehand. */
  id?: string
  slug: string
  name: string
  ownerId: string
  /** The name of a tier in `config.tiers`. */
  tier: string
  currency?: string
  locale?: string
}

/**
 * Creates a tenant with its owner and the placement of its tier: shared, or a dedicated schema or
 * database. Removes everything that it has created if it fails.
 * @param tenancy - The instance.
 * @param tenant - The tenant.
 * @param databaseUrl - The URL of an administrator of the server for a dedicated database; the main
 *   server without it.
 * @returns The tenant's row.
 * @throws Invalid for a malformed or taken slug; ServerTooOld or ServerUnusable for another server;
 *   TargetLocked while a migration runs; SchemaTooNew after a newer build has migrated.
 */
export async function createTenant(tenancy: Tenancy, tenant: NewTenant, databaseUrl?: string) {
  const { id = newId(), ...input } = tenant
  checkSlug(input.slug)
  const kind = tierOf(tenancy, input.tier).placement
  if (databaseUrl !== undefined && kind !== 'database')
    throw new Invalid(
      'databaseUrl',
      `a ${input.tier} tenant lives in the main database; --database-url is for tiers with a dedicated database`,
    )
  if (kind === 'shared')
    return platform(tenancy).transaction((tx) => addTenant(tenancy, tx, { ...input, id }))
  const remote = databaseUrl === undefined ? null : await useServer(tenancy, databaseUrl)
  return withVersionLock(tenancy, `creating tenant ${input.slug}`, async () => {
    const location = await provision(tenancy, id, kind, remote?.server)
    try {
      return await platform(tenancy).transaction(async (tx) => {
        const row = await addTenant(
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
        return row
      })
    } catch (error) {
      await unprovision(tenancy, id, location)
      throw error
    }
  })
}

/**
 * Inserts the rows of a new tenant.
 * @param tenancy - The instance.
 * @param db - A transaction of the platform login.
 * @param tenant - The tenant, with its id.
 * @param placement - Its placement; shared without it.
 * @returns The tenant's row.
 * @throws Invalid for a malformed or taken slug.
 */
export async function addTenant(
  tenancy: Tenancy,
  db: PlatformDb,
  tenant: NewTenant & { id: string },
  placement?: Omit<typeof placements.$inferInsert, 'tenantId'>,
) {
  const { id, ownerId, ...input } = tenant
  const [row] = await db
    .insert(tenants)
    .values({ ...input, id, slug: checkSlug(input.slug), name: input.name.trim() })
    .onConflictDoNothing({ target: tenants.slug })
    .returning()
  if (!row) throw new Invalid('slug', `the slug ${input.slug} is already taken; choose another`)
  await db
    .insert(placements)
    .values({ tenantId: id, ...(placement ?? { kind: 'shared' as const, schema: 'shared' }) })
  if (!placement) await db.execute(sql`select tenancy.register_home(${id})`)
  await tenancy.config.members.addOwner(db, id, ownerId)
  return row
}
