import pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import type { Tenancy } from '#tenancy/base/tenancy'
import { readTenantHistory, type Migration } from '#tenancy/migrations/history'
import { asOwnerSession, provisionScript } from '#tenancy/migrations/script'
import { newId, privateName } from '#tenancy/base/ids'
import { encrypt } from '#tenancy/base/encryption'

/** A tenant of `makeFleet`. */
export type FleetTenant = { id: string; slug: string; schema: string }

/**
 * Creates many tenants with dedicated schemas quickly, for tests and benchmarks: registry, tenant
 * homes, real tables, and roles without a login.
 * @param tenancy - The instance.
 * @param adminUrl - An administrator's URL of the main database.
 * @param count - How many tenants.
 * @param options.history - The migrations of their schemas; the whole history by default.
 * @param options.name - The prefix of their slugs.
 * @returns The tenants.
 */
export async function makeFleet(
  tenancy: Tenancy,
  adminUrl: string,
  count: number,
  { history, name = 'fleet' }: { history?: Migration[]; name?: string } = {},
): Promise<FleetTenant[]> {
  const files = history ?? (await readTenantHistory(tenancy))
  const made = Array.from({ length: count }, (_, i) => {
    const id = newId()
    return { id, slug: `${name}-${String(i + 1).padStart(4, '0')}`, schema: privateName(id) }
  })
  await withConnection(adminUrl, (admin) => register(tenancy, admin, made))
  const left = [...made]
  await Promise.all(
    [1, 2].map(() =>
      withConnection(adminUrl, async (client) => {
        await client.query(asOwnerSession)
        for (let tenant = left.pop(); tenant; tenant = left.pop())
          await client.query(await provisionScript(tenant.schema, files))
      }),
    ),
  )
  return made
}

async function register(tenancy: Tenancy, admin: pg.Client, made: FleetTenant[]): Promise<void> {
  const [ids, slugs, schemas] = [
    made.map(({ id }) => id),
    made.map(({ slug }) => slug),
    made.map(({ schema }) => schema),
  ]
  await admin.query(
    `insert into tenancy.tenants (id, slug, name, tier) select id, slug, slug, $3 from unnest($1::uuid[], $2::text[]) as t (id, slug)`,
    [ids, slugs, tierWithSchema(tenancy)],
  )
  await admin.query(
    `insert into tenancy.placements (tenant_id, kind, schema, login, secret)
     select id, 'schema', schema, schema, secret from unnest($1::uuid[], $2::text[], $3::text[]) as t (id, schema, secret)`,
    [
      ids,
      schemas,
      ids.map((id) => encrypt(tenancy, 'nobody logs in with this', `placement ${id}`)),
    ],
  )
  await admin.query(
    'insert into tenancy.tenant_homes (tenant_id, schema_name, login) select id, schema, schema from unnest($1::uuid[], $2::text[]) as t (id, schema)',
    [ids, schemas],
  )
  await admin.query(schemas.map((schema) => `create role ${pg.escapeIdentifier(schema)}`).join(';'))
}

const tierWithSchema = ({ config }: Tenancy) =>
  Object.entries(config.tiers).find(([, { placement }]) => placement === 'schema')?.[0]
