import { and, eq, isNull, sql } from 'drizzle-orm'
import { timings } from '#tenancy/base/timings'
import { recordAudit } from '#tenancy/audit/record'
import { readTables } from '#tenancy/base/catalogue'
import { declaredTables } from '#tenancy/base/declared-tables'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { Invalid } from '#tenancy/base/errors'
import { ArchiveRefused } from '#tenancy/data/errors'
import { eraseTenant } from '#tenancy/data/erase/erase-tenant'
import { readTenantHistory } from '#tenancy/migrations/history'
import { newId, privateName } from '#tenancy/base/ids'
import { checkArchiveFile, type Checked } from '#tenancy/data/import/check'
import { load } from '#tenancy/data/import/load'
import { createTenant } from '#tenancy/placements/create-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { placementOf, platform, readPlacements } from '#tenancy/registry/placements'
import { imports, placements, tenants } from '#tenancy/base/schema'
import { resume, suspend } from '#tenancy/placements/suspensions'
import { checkSlug } from '#tenancy/registry/tenants'

/** What a file shall become. Without a tier it is the one that the tenant had. */
export type Wanted = { path: string; slug: string; ownerId: string; actor: string; tier?: string }
export type Imported = {
  tenantId: string
  slug: string
  tier: string
  rows: number
  tables: Record<string, number>
}
type Tell = (progress: {
  state: 'checking' | 'loading'
  table: string
  rows: number
}) => Promise<void>

/** An import whose process has not been heard of for so long has died. */
const lostAfter = sql`${timings.importLease} * interval '1 millisecond'`

/** Reads an export from end to end without writing anything. Throws ArchiveRefused. */
export async function checkArchive(
  tenancy: Tenancy,
  path: string,
  tell?: (rows: number) => Promise<void>,
): Promise<Checked> {
  const tables = await withConnection(loginUrl(tenancy, 'worker'), async (client) => {
    await client.query('set search_path = shared, pg_temp')
    return readTables(client, 'shared')
  })
  const declared = declaredTables(tenancy).tenant
  return checkArchiveFile(
    path,
    { tables, declared, history: await readTenantHistory(tenancy) },
    tell,
  )
}

/**
 * Makes a new tenant out of an export, in the place of its tier. Everything is checked before
 * anything is written; nobody gets in before every row is there and has been compared; when it
 * fails nothing stays. Throws ArchiveRefused, or Invalid for a taken slug.
 */
export async function importTenant(
  tenancy: Tenancy,
  wanted: Wanted,
  tell: Tell = async () => {},
): Promise<Imported> {
  await removeRemains(tenancy)
  checkSlug(wanted.slug)
  const [taken] = await platform(tenancy)
    .select()
    .from(tenants)
    .where(eq(tenants.slug, wanted.slug))
  if (taken) throw new Invalid('slug', `the slug ${wanted.slug} is taken; choose another`)
  const checked = await checkArchive(tenancy, wanted.path, (rows) =>
    tell({ state: 'checking', table: '', rows }),
  )
  const tier = wanted.tier ?? knownTier(tenancy, checked.manifest.tenant.tier)
  const id = newId()
  const tenantId = newId()
  await platform(tenancy)
    .insert(imports)
    .values({ id, tenantId, slug: wanted.slug, startedBy: wanted.actor, rowsTotal: checked.rows })
  try {
    await loaded(tenancy, { ...wanted, id, tenantId, tier }, checked, tell)
    return {
      tenantId,
      slug: wanted.slug,
      tier,
      rows: checked.rows,
      tables: Object.fromEntries(checked.manifest.tables.map(({ name, rows }) => [name, rows])),
    }
  } catch (error) {
    await remove(tenancy, tenantId).catch((failure: unknown) => {
      throw new AggregateError(
        [error, failure],
        `the import of ${wanted.slug} failed (${reasonOf(error)}), and its partial data could not be deleted (${reasonOf(failure)}); the worker will try again`,
      )
    })
    throw error
  }
}

/** The message of what went wrong first: Drizzle's own error only repeats the statement. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? reasonOf(error.cause) : error.message
}

function knownTier({ config }: Tenancy, tier: string): string {
  if (Object.hasOwn(config.tiers, tier)) return tier
  throw new ArchiveRefused(`its tier ${tier} is unknown here; say which one the tenant shall have`)
}

async function loaded(
  tenancy: Tenancy,
  {
    id,
    tenantId,
    slug,
    ownerId,
    actor,
    tier,
  }: Wanted & { id: string; tenantId: string; tier: string },
  checked: Checked,
  tell: Tell,
): Promise<void> {
  const { name, currency, locale } = checked.manifest.tenant
  const made = { tenantId, slug, actor, reason: 'import' }
  await createTenant(tenancy, { id: tenantId, slug, name, currency, locale, tier, ownerId })
  await suspend(tenancy, made)
  let next = 0
  await load(
    tenancy,
    checked,
    await placementOf(tenancy, tenantId),
    `import ${id}`,
    async ({ table, rows }) => {
      await tell({ state: 'loading', table, rows })
      if (Date.now() < next) return
      next = Date.now() + timings.leaseRenewal
      await platform(tenancy)
        .update(imports)
        .set({ table, rowsDone: rows, seenAt: sql`clock_timestamp()` })
        .where(eq(imports.id, id))
    },
  )
  await platform(tenancy).transaction(async (tx) => {
    await tx
      .update(imports)
      .set({ rowsDone: checked.rows, endedAt: sql`clock_timestamp()` })
      .where(eq(imports.id, id))
    await recordAudit(tx, {
      actor,
      action: 'tenant imported',
      tenantId,
      detail: { slug, from: checked.manifest.tenant.id, rows: checked.rows },
    })
  })
  await resume(tenancy, made)
}

/** Takes away what imports have left whose process died half way. Returns how many. */
export async function removeRemains(tenancy: Tenancy): Promise<number> {
  const lost = await platform(tenancy)
    .select()
    .from(imports)
    .where(and(isNull(imports.endedAt), sql`${imports.seenAt} < clock_timestamp() - ${lostAfter}`))
  for (const { tenantId } of lost) await remove(tenancy, tenantId)
  return lost.length
}

/**
 * A place may be there before the registry knows of it. The row of the import goes with the tenant.
 */
async function remove(tenancy: Tenancy, tenantId: string): Promise<void> {
  const name = privateName(tenantId)
  for (const kind of ['schema', 'database'] as const) {
    const [known] = await readPlacements(tenancy, eq(placements.tenantId, tenantId))
    if (!known)
      await unprovision(tenancy, tenantId, {
        kind,
        server: null,
        database: kind === 'database' ? name : null,
        schema: name,
        login: name,
        password: null,
      })
  }
  await eraseTenant(tenancy, tenantId)
}
