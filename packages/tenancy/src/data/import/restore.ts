import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { readTables, written, type Table } from '#tenancy/base/catalogue'
import { withPoolTransaction } from '#tenancy/base/with-transaction'
import { Invalid } from '#tenancy/base/errors'
import { ArchiveRefused, OnHold } from '#tenancy/data/errors'
import { type Tenancy } from '#tenancy/base/tenancy'
import * as erasures from '#tenancy/data/erase/erasures'
import { standing } from '#tenancy/data/holds'
import { checkArchive, importTenant, type Imported } from '#tenancy/data/import/import'
import { latestMove } from '#tenancy/moves/move-store'
import { isLive } from '#tenancy/base/move-states'
import { platformPool } from '#tenancy/registry/pools'
import { platform } from '#tenancy/registry/placements'
import { bySlug } from '#tenancy/registry/tenants'

type Restored = Imported & { before: { tenantId: string; slug: string } }

/** What of the registry belongs to a tenant's people, and not to its placement or its history. */
const carriedOver = new Set(['retention_rules', 'retention_runs', 'tenant_limits', 'usage'])
const name = pg.escapeIdentifier

/**
 * Puts a tenant back to what it was in an export of it: imports the file beside, verified, as a
 * tenant of its own; then, in one transaction, name, slug, members, keys, sessions and settings go
 * over to it. What was there before stays under another slug, with nobody in it, and is erased
 * after the waiting time. Throws ArchiveRefused, OnHold for a tenant on hold.
 */
export async function restoreTenant(
  tenancy: Tenancy,
  slug: string,
  path: string,
  actor: string,
): Promise<Restored> {
  const old = await bySlug(platform(tenancy), slug)
  const held = await standing(platform(tenancy), old.id)
  if (held) throw new OnHold(held.at, held.reason)
  const move = await latestMove(tenancy, old.id)
  if (move && isLive(move.state))
    throw new Invalid('slug', `tenant ${slug} has a move under way; wait for its end`)
  const { manifest } = await checkArchive(tenancy, path)
  if (manifest.tenant.id !== old.id && manifest.tenant.slug !== slug)
    throw new ArchiveRefused(
      `it is an export of ${manifest.tenant.slug}, not of ${slug}; \`tenant import\` makes a new tenant of it`,
    )
  const owner = await tenancy.config.members.firstOwner(platform(tenancy), old.id)
  if (!owner)
    throw new Invalid('slug', `tenant ${slug} has no owner, so nobody could use what is restored`)
  const stamp = Date.now().toString(36)
  const made = await importTenant(tenancy, {
    path,
    slug: `${slug.slice(0, 45)}-new-${stamp}`,
    ownerId: owner,
    actor,
    tier: old.tier,
  })
  const before = { tenantId: old.id, slug: `${slug.slice(0, 45)}-old-${stamp}` }
  await swap(tenancy, { from: old.id, to: made.tenantId, slug, oldSlug: before.slug, actor })
  await erasures.request(tenancy, old.id, { actor, userId: null })
  return { ...made, slug, before }
}

/**
 * Everything that refers to the old tenant refers to the new one from here on, by what the
 * catalogue has.
 */
async function swap(
  tenancy: Tenancy,
  {
    from,
    to,
    slug,
    oldSlug,
    actor,
  }: { from: string; to: string; slug: string; oldSlug: string; actor: string },
): Promise<void> {
  await withPoolTransaction(platformPool(tenancy), async (client) => {
    await client.query('update tenancy.tenants set slug = $2 where id = $1', [from, oldSlug])
    await client.query(
      'update tenancy.tenants as n set slug = $2, name = o.name, currency = o.currency, locale = o.locale from tenancy.tenants as o where n.id = $1 and o.id = $3',
      [to, slug, from],
    )
    const registry = await tablesOfTenants(client, 'tenancy')
    await carryOver(
      client,
      'tenancy',
      registry.filter(({ name: table }) => carriedOver.has(table)),
      from,
      to,
    )
    await carryOver(client, 'platform', await tablesOfTenants(client, 'platform'), from, to)
    await tenancy.config.members.transfer(drizzle(client), from, to)
    await client.query('select tenancy.record_audit($1, $2, $3, $4)', [
      actor,
      'tenant restored',
      to,
      JSON.stringify({ before: from }),
    ])
  })
}

const tablesOfTenants = async (client: pg.ClientBase, schema: string) =>
  (await readTables(client, schema, { circles: true })).filter(({ columns }) =>
    columns.some((column) => column.name === 'tenant_id'),
  )

/**
 * Rows of one tenant become rows of another. Where other rows refer to them by their tenant, they
 * are copied first and deleted last, so that no reference is ever broken: the keys of such a table
 * have to begin with its tenant.
 */
async function carryOver(
  client: pg.ClientBase,
  schema: string,
  tables: Table[],
  from: string,
  to: string,
): Promise<void> {
  const at = (table: Table) => `${name(schema)}.${name(table.name)}`
  const deleteRows = (table: Table, tenantId: string) =>
    client.query(`delete from ${at(table)} where tenant_id = $1`, [tenantId])
  const isReferredTo = (table: Table) =>
    tables.some(({ references }) =>
      references.some((one) => one.table === table.name && one.columns.includes('tenant_id')),
    )
  // the worker or the import may have written rows of the new tenant, which would conflict; what may
  // be without a tenant is more than that, as a session is
  for (const table of tables.toReversed()) if (isOfOneTenant(table)) await deleteRows(table, to)
  for (const table of tables) {
    if (isReferredTo(table)) {
      const columns = written(table).map((column) => column.name)
      const values = columns.map((column) => (column === 'tenant_id' ? '$2' : name(column)))
      await client.query(
        `insert into ${at(table)} (${columns.map(name).join(', ')}) overriding system value select ${values.join(', ')} from ${at(table)} where tenant_id = $1`,
        [from, to],
      )
    } else
      await client.query(`update ${at(table)} set tenant_id = $2 where tenant_id = $1`, [from, to])
  }
  for (const table of tables.filter(isReferredTo).toReversed()) await deleteRows(table, from)
}

const isOfOneTenant = ({ columns }: Table) =>
  columns.some((column) => column.name === 'tenant_id' && !column.nullable)
