import { sql } from 'drizzle-orm'
import { Invalid } from '#db/errors'
import { whileVersionStands } from '#db/fleet/hold'
import { newId } from '#db/id'
import { provision, settle, unprovision } from '#db/placements/provision'
import { useServer } from '#db/placements/servers'
import { platform, type PlatformDb } from '#db/registry'
import { placements, tenants, type PlacementKind, type Tier } from '#db/schema/platform'
import { encrypt } from '#db/secrets'
import { addMember, checkSlug } from '#db/tenants'

/** `id` is given when somebody has to know it before the tenant is there. */
export type NewTenant = {
  id?: string
  slug: string
  name: string
  ownerId: string
  tier?: Tier
  currency?: string
  locale?: string
}

/** Where a tier's tenants live. */
export const kindOf: Record<Tier, PlacementKind> = {
  starter: 'shared',
  business: 'schema',
  enterprise: 'database',
}

/**
 * Makes a tenant with its owner and its place. A starter tenant is rows only; a business tenant
 * gets a schema, an enterprise tenant a database, on the main server or on the one of `databaseUrl`
 * (an administrator's URL). Nothing stays of it when it fails. Throws Invalid for a bad or taken
 * slug, ServerTooOld, ServerUnusable; TargetHeld or SchemaTooNew where a migration is under way or
 * ahead.
 */
export async function createTenant(
  { id = newId(), tier = 'starter', ...input }: NewTenant,
  databaseUrl?: string,
) {
  checkSlug(input.slug)
  const kind = kindOf[tier]
  if (databaseUrl !== undefined && kind !== 'database')
    throw new Invalid(
      'databaseUrl',
      `a ${tier} tenant lives on the main server; --database-url goes with enterprise`,
    )
  if (kind === 'shared')
    return platform().transaction((tx) => addTenant(tx, id, { ...input, tier }))
  const remote = databaseUrl === undefined ? null : await useServer(databaseUrl)
  return whileVersionStands(`making tenant ${input.slug}`, async () => {
    const place = await provision(id, kind, remote?.server)
    try {
      return await platform().transaction(async (tx) => {
        const tenant = await addTenant(
          tx,
          id,
          { ...input, tier },
          {
            kind,
            serverId: remote?.id ?? null,
            database: place.database,
            schema: place.schema,
            login: place.login,
            secret: encrypt(place.password ?? '', `placement ${id}`),
          },
        )
        await settle(id, place, 1)
        return tenant
      })
    } catch (error) {
      await unprovision(id, place)
      throw error
    }
  })
}

/** The rows of a tenant that lives in the shared schema, or in the place given. */
export async function addTenant(
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
  if (!place) await db.execute(sql`select tenancy.settle(${id})`)
  await addMember(db, id, ownerId, 'owner')
  return tenant
}
