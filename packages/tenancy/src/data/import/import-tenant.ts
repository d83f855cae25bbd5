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
import { checkArchiveFile, type CheckedArchive } from '#tenancy/data/import/check-archive'
import { loadRows } from '#tenancy/data/import/load-rows'
import { createTenant } from '#tenancy/placements/create-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { placementOf, platform, readPlacements } from '#tenancy/registry/placements'
import { imports, placements, tenants } from '#tenancy/base/schema'
import { resume, suspend } from '#tenancy/placements/suspensions'
import { checkSlug } from '#tenancy/registry/tenants'

/** The tenant to create from an export. `tier` defaults to the one in the file. */
export type ImportRequest = {
  path: string
  slug: string
  ownerId: string
  actor: string
  tier?: string
}
export type Imported = {
  tenantId: string
  slug: string
  tier: string
  rows: number
  tables: Record<string, number>
}
type ImportReporter = (progress: {
  state: 'checking' | 'loading'
  table: string
  rows: number
}) => Promise<void>

/** A process that has not renewed its lease for this long is considered dead. */
const lease = sql`${timings.importLease} * interval '1 millisecond'`

/**
 * Checks an export from beginning to end. Writes nothing.
 * @param tenancy - The instance.
 * @param path - The ZIP file.
 * @param report - Receives the number of rows read so far.
 * @returns The opened archive and what its manifest says.
 * @throws ArchiveRefused at the first difference from an export.
 */
export async function checkArchive(
  tenancy: Tenancy,
  path: string,
  report?: (rows: number) => Promise<void>,
): Promise<CheckedArchive> {
  const tables = await withConnection(loginUrl(tenancy, 'worker'), async (client) => {
    await client.query('set search_path = shared, pg_temp')
    return readTables(client, 'shared')
  })
  const declared = declaredTables(tenancy).tenant
  return checkArchiveFile(
    path,
    { tables, declared, history: await readTenantHistory(tenancy) },
    report,
  )
}

/**
 * Creates a new tenant from an export. The whole file is checked before anything is written, and
 * the tenant is suspended until its rows have been compared with the file. A failed import leaves
 * nothing.
 * @param tenancy - The instance.
 * @param request - The file, and the slug, tier and owner of the new tenant.
 * @param report - Receives the progress.
 * @returns The new tenant, with the number of imported rows.
 * @throws ArchiveRefused
 * @throws Invalid for a slug that is taken.
 */
export async function importTenant(
  tenancy: Tenancy,
  request: ImportRequest,
  report: ImportReporter = async () => {},
): Promise<Imported> {
  await deleteInterruptedImports(tenancy)
  checkSlug(request.slug)
  const [taken] = await platform(tenancy)
    .select()
    .from(tenants)
    .where(eq(tenants.slug, request.slug))
  if (taken) throw new Invalid('slug', `the slug ${request.slug} is taken; choose another`)
  const checked = await checkArchive(tenancy, request.path, (rows) =>
    report({ state: 'checking', table: '', rows }),
  )
  const tier = request.tier ?? knownTier(tenancy, checked.manifest.tenant.tier)
  const id = newId()
  const tenantId = newId()
  await platform(tenancy)
    .insert(imports)
    .values({ id, tenantId, slug: request.slug, startedBy: request.actor, rowsTotal: checked.rows })
  try {
    await loadTenant(tenancy, { ...request, id, tenantId, tier }, checked, report)
    return {
      tenantId,
      slug: request.slug,
      tier,
      rows: checked.rows,
      tables: Object.fromEntries(checked.manifest.tables.map(({ name, rows }) => [name, rows])),
    }
  } catch (error) {
    await deletePartialImport(tenancy, tenantId).catch((failure: unknown) => {
      throw new AggregateError(
        [error, failure],
        `the import of ${request.slug} failed (${reasonOf(error)}), and its partial data could not be deleted (${reasonOf(failure)}); the worker will try again`,
      )
    })
    throw error
  }
}

/** The message of the innermost cause, because Drizzle's own error only repeats the statement. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? reasonOf(error.cause) : error.message
}

function knownTier({ config }: Tenancy, tier: string): string {
  if (Object.hasOwn(config.tiers, tier)) return tier
  throw new ArchiveRefused(`its tier ${tier} is unknown here; choose one with --tier`)
}

async function loadTenant(
  tenancy: Tenancy,
  {
    id,
    tenantId,
    slug,
    ownerId,
    actor,
    tier,
  }: ImportRequest & { id: string; tenantId: string; tier: string },
  checked: CheckedArchive,
  report: ImportReporter,
): Promise<void> {
  const { name, currency, locale } = checked.manifest.tenant
  const suspension = { tenantId, slug, actor, reason: 'import' }
  await createTenant(tenancy, { id: tenantId, slug, name, currency, locale, tier, ownerId })
  await suspend(tenancy, suspension)
  let next = 0
  await loadRows(
    tenancy,
    checked,
    { placement: await placementOf(tenancy, tenantId), reason: `import ${id}` },
    async ({ table, rows }) => {
      await report({ state: 'loading', table, rows })
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
  await resume(tenancy, suspension)
}

/**
 * Deletes the partial data of imports whose process died.
 * @returns The number of such imports.
 */
export async function deleteInterruptedImports(tenancy: Tenancy): Promise<number> {
  const interrupted = await platform(tenancy)
    .select()
    .from(imports)
    .where(and(isNull(imports.endedAt), sql`${imports.seenAt} < clock_timestamp() - ${lease}`))
  for (const { tenantId } of interrupted) await deletePartialImport(tenancy, tenantId)
  return interrupted.length
}

/** Also deletes a schema or database that was created before the registry had its row. */
async function deletePartialImport(tenancy: Tenancy, tenantId: string): Promise<void> {
  const name = privateName(tenantId)
  for (const kind of ['schema', 'database'] as const) {
    const [registered] = await readPlacements(tenancy, eq(placements.tenantId, tenantId))
    if (!registered)
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
