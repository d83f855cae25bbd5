import { eq, sql } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { readTables, insertableColumns, type Table } from '#tenancy/base/catalogue'
import { declaredTables } from '#tenancy/base/declared-tables'
import { Invalid } from '#tenancy/base/errors'
import { ArchiveRefused } from '#tenancy/data/errors'
import { tenants } from '#tenancy/base/schema'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import * as erasures from '#tenancy/data/erase/erasures'
import { refuseOnHold } from '#tenancy/data/holds'
import { checkArchive, importTenant, type Imported } from '#tenancy/data/import/import-tenant'
import { latestMove } from '#tenancy/moves/move-store'
import { isLive } from '#tenancy/base/move-states'
import { platformPool } from '#tenancy/registry/pools'
import { platform } from '#tenancy/registry/placements'
import { bySlug } from '#tenancy/registry/tenants'

type Restored = Imported & { before: { tenantId: string; slug: string } }

/**
 * Restores a tenant from one of its exports. The file is imported and verified as a new tenant.
 * Then, in one transaction, the new tenant gets the slug, members, API keys, sessions and settings
 * of the old one. The old one keeps its rows under another slug, without members, and is erased
 * after the waiting period.
 * @param tenancy - The instance.
 * @param slug - The slug of the tenant to restore.
 * @param path - The ZIP file.
 * @param actor - The name of the operator, for the audit trail.
 * @returns The restored tenant, with the id of the old one.
 * @throws ArchiveRefused
 * @throws OnHold for a tenant on legal hold.
 * @throws Invalid when a move is under way, or nobody owns the tenant.
 */
export async function restoreTenant(
  tenancy: Tenancy,
  slug: string,
  path: string,
  actor: string,
): Promise<Restored> {
  const old = await bySlug(platform(tenancy), slug)
  await refuseOnHold(platform(tenancy), old.id)
  const move = await latestMove(tenancy, old.id)
  if (move && isLive(move.state))
    throw new Invalid('slug', `tenant ${slug} is being moved; wait until the move has ended`)
  const { manifest } = await checkArchive(tenancy, path)
  if (manifest.tenant.id !== old.id && manifest.tenant.slug !== slug)
    throw new ArchiveRefused(
      `it is an export of ${manifest.tenant.slug}, not of ${slug}; \`tenant import\` creates a new tenant from it`,
    )
  const owner = await tenancy.config.members.firstOwner(platform(tenancy), old.id)
  if (!owner)
    throw new Invalid(
      'slug',
      `tenant ${slug} has no owner, so nobody could use the restored tenant`,
    )
  const stamp = Date.now().toString(36)
  const made = await importTenant(tenancy, {
    path,
    slug: `${slug.slice(0, 45)}-new-${stamp}`,
    ownerId: owner,
    actor,
    tier: old.tier,
  })
  const before = { tenantId: old.id, slug: `${slug.slice(0, 45)}-old-${stamp}` }
  await replaceTenant(tenancy, {
    from: old.id,
    to: made.tenantId,
    slug,
    oldSlug: before.slug,
    actor,
  })
  await erasures.request(tenancy, old.id, { actor, userId: null })
  return { ...made, slug, before }
}

type TransferredTable = { schema: string; column: string; table: Table }
type Db = Pick<PlatformDb, 'execute'>

/** Gives the new tenant the slug, settings and transferred rows of the old one. */
async function replaceTenant(
  tenancy: Tenancy,
  {
    from,
    to,
    slug,
    oldSlug,
    actor,
  }: { from: string; to: string; slug: string; oldSlug: string; actor: string },
): Promise<void> {
  const registry = await transferredTables(tenancy, 'tenancy')
  const app = await transferredTables(tenancy, 'platform')
  await platform(tenancy).transaction(async (tx) => {
    const [old] = await tx
      .update(tenants)
      .set({ slug: oldSlug })
      .where(eq(tenants.id, from))
      .returning({ name: tenants.name, currency: tenants.currency, locale: tenants.locale })
    await tx
      .update(tenants)
      .set({ slug, ...old })
      .where(eq(tenants.id, to))
    await transferRows(tx, registry, { from, to })
    await transferRows(tx, app, { from, to })
    await recordAudit(tx, {
      actor,
      action: 'tenant restored',
      tenantId: to,
      detail: { before: from },
    })
  })
}

async function transferredTables(tenancy: Tenancy, schema: string): Promise<TransferredTable[]> {
  const declared = declaredTables(tenancy).controlPlane.filter((table) => table.schema === schema)
  const tables = await readTables(platformPool(tenancy), schema, { circles: 'all' })
  return tables.flatMap((table) => {
    const found = declared.find(({ name }) => name === table.name)
    return found?.restore === 'transfer' && typeof found.tenant === 'string'
      ? [{ schema, column: found.tenant, table }]
      : []
  })
}

/**
 * Moves rows from one tenant to another. Rows that others refer to by their tenant are copied first
 * and deleted last, so that no foreign key is ever violated. The keys of such a table must begin
 * with its tenant.
 */
async function transferRows(
  db: Db,
  tables: TransferredTable[],
  { from, to }: { from: string; to: string },
): Promise<void> {
  const isReferredTo = ({ table: { name }, column }: TransferredTable) =>
    tables.some(({ table }) =>
      table.references.some((one) => one.table === name && one.columns.includes(column)),
    )
  // The worker or the import may have inserted rows for the new tenant; delete them to avoid key
  // conflicts. A nullable column marks rows that are not the tenant's alone, such as sessions.
  for (const one of tables.toReversed())
    if (!one.table.columns.find(({ name }) => name === one.column)?.nullable)
      await deleteRows(db, one, to)
  for (const one of tables) {
    const column = sql.identifier(one.column)
    if (isReferredTo(one)) await copyRows(db, one, { from, to })
    else
      await db.execute(sql`update ${nameOf(one)} set ${column} = ${to} where ${column} = ${from}`)
  }
  for (const one of tables.filter(isReferredTo).toReversed()) await deleteRows(db, one, from)
}

async function copyRows(
  db: Db,
  one: TransferredTable,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const names = insertableColumns(one.table).map(({ name }) => name)
  const columns = names.map((name) => sql.identifier(name))
  const values = names.map((name) =>
    name === one.column ? sql`${to}::uuid` : sql.identifier(name),
  )
  await db.execute(sql`
    insert into ${nameOf(one)} (${sql.join(columns, sql`, `)}) overriding system value
    select ${sql.join(values, sql`, `)} from ${nameOf(one)} where ${sql.identifier(one.column)} = ${from}`)
}

const deleteRows = (db: Db, one: TransferredTable, tenantId: string) =>
  db.execute(sql`delete from ${nameOf(one)} where ${sql.identifier(one.column)} = ${tenantId}`)

const nameOf = ({ schema, table }: TransferredTable) =>
  sql`${sql.identifier(schema)}.${sql.identifier(table.name)}`
