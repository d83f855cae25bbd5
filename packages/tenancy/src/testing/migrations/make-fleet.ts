import pg from 'pg'
import { connected } from '#db/connect'
import { readHistory, type Migration } from '#db/fleet/history'
import { asOwnerSession, provisionScript } from '#db/fleet/script'
import { newId, privateName } from '#db/id'
import { encrypt } from '#db/secrets'

export type FleetTenant = { id: string; slug: string; schema: string }

/**
 * Many tenants with schemas of their own, quickly: registry, resident rows, roles and the real
 * tables, but roles that nobody can log in with. For tests and benchmarks. In: an administrator's
 * URL of the main database, how many, and the history to build from.
 */
export async function makeFleet(
  adminUrl: string,
  count: number,
  { history, name = 'fleet' }: { history?: Migration[]; name?: string } = {},
): Promise<FleetTenant[]> {
  const files = history ?? (await readHistory('tenant'))
  const made = Array.from({ length: count }, (_, i) => {
    const id = newId()
    return { id, slug: `${name}-${String(i + 1).padStart(4, '0')}`, schema: privateName(id) }
  })
  await connected(adminUrl, (admin) => register(admin, made))
  const left = [...made]
  await Promise.all(
    [1, 2].map(() =>
      connected(adminUrl, async (client) => {
        await client.query(asOwnerSession)
        for (let tenant = left.pop(); tenant; tenant = left.pop())
          await client.query(provisionScript(tenant.schema, files))
      }),
    ),
  )
  return made
}

async function register(admin: pg.Client, made: FleetTenant[]): Promise<void> {
  const [ids, slugs, schemas] = [
    made.map(({ id }) => id),
    made.map(({ slug }) => slug),
    made.map(({ schema }) => schema),
  ]
  await admin.query(
    `insert into platform.tenants (id, slug, name, tier) select id, slug, slug, 'business' from unnest($1::uuid[], $2::text[]) as t (id, slug)`,
    [ids, slugs],
  )
  await admin.query(
    `insert into platform.placements (tenant_id, kind, schema, login, secret)
     select id, 'schema', schema, schema, secret from unnest($1::uuid[], $2::text[], $3::text[]) as t (id, schema, secret)`,
    [ids, schemas, ids.map((id) => encrypt('nobody logs in with this', `placement ${id}`))],
  )
  await admin.query(
    'insert into tenancy.residents (tenant_id, schema_name, login) select id, schema, schema from unnest($1::uuid[], $2::text[]) as t (id, schema)',
    [ids, schemas],
  )
  await admin.query(schemas.map((schema) => `create role ${pg.escapeIdentifier(schema)}`).join(';'))
}
