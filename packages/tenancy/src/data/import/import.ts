import { and, eq, isNull, sql } from 'drizzle-orm'
import { record } from '#db/console/audit'
import { readTables } from '#db/catalogue'
import { connected } from '#db/connect'
import { loginUrl } from '#db/env'
import { Invalid } from '#db/errors'
import { forgetTenant } from '#db/erase/forget'
import { readHistory } from '#db/fleet/history'
import { newId, privateName } from '#db/id'
import { checkArchive, type Checked } from '#db/import/check'
import { load } from '#db/import/load'
import { createTenant } from '#db/placements/create'
import { unprovision } from '#db/placements/provision'
import { placementOf, platform, readPlacements } from '#db/registry'
import { imports, placements, tenants, type Tier } from '#db/schema/platform'
import { resume, suspend } from '#db/console/suspensions'
import { checkSlug } from '#db/tenants'

/** What a file shall become. Without a tier it is the one that the tenant had. */
export type Wanted = { path: string; slug: string; ownerId: string; actor: string; tier?: Tier }
export type Imported = {
  tenantId: string
  slug: string
  tier: Tier
  rows: number
  tables: Record<string, number>
}
type Tell = (progress: {
  state: 'checking' | 'loading'
  table: string
  rows: number
}) => Promise<void>

/** An import whose process has not been heard of for so long has died. */
const lostAfter = sql`interval '1 minute'`
const tellEveryMs = 500

/** Reads an export from end to end without writing anything. Throws ArchiveRefused. */
export async function check(
  path: string,
  tell?: (rows: number) => Promise<void>,
): Promise<Checked> {
  const target = await connected(loginUrl('worker'), async (client) => {
    await client.query('set search_path = shared, pg_temp')
    return readTables(client, 'shared')
  })
  return checkArchive(path, target, await readHistory('tenant'), tell)
}

/**
 * Makes a new tenant out of an export, in the place of its tier. Everything is checked before
 * anything is written; nobody gets in before every row is there and has been compared; when it
 * fails nothing stays. Throws ArchiveRefused, or Invalid for a taken slug.
 */
export async function importTenant(wanted: Wanted, tell: Tell = async () => {}): Promise<Imported> {
  await removeRemains()
  checkSlug(wanted.slug)
  const [taken] = await platform().select().from(tenants).where(eq(tenants.slug, wanted.slug))
  if (taken) throw new Invalid('slug', `the slug ${wanted.slug} is taken; choose another`)
  const checked = await check(wanted.path, (rows) => tell({ state: 'checking', table: '', rows }))
  const id = newId()
  const tenantId = newId()
  await platform()
    .insert(imports)
    .values({ id, tenantId, slug: wanted.slug, startedBy: wanted.actor, rowsTotal: checked.rows })
  try {
    const tier = await loaded(id, tenantId, wanted, checked, tell)
    return {
      tenantId,
      slug: wanted.slug,
      tier,
      rows: checked.rows,
      tables: Object.fromEntries(checked.manifest.tables.map(({ name, rows }) => [name, rows])),
    }
  } catch (error) {
    await remove(tenantId).catch((failure: unknown) => {
      throw new AggregateError(
        [error, failure],
        `the import of ${wanted.slug} failed (${inWords(error)}), and what was made of it could not be taken away yet (${inWords(failure)})`,
      )
    })
    throw error
  }
}

const inWords = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function loaded(
  id: string,
  tenantId: string,
  { slug, ownerId, actor, ...wanted }: Wanted,
  checked: Checked,
  tell: Tell,
): Promise<Tier> {
  const { name, currency, locale, tier: before } = checked.manifest.tenant
  const tier = wanted.tier ?? before
  const made = { tenantId, slug, actor, reason: 'Import' }
  await createTenant({ id: tenantId, slug, name, currency, locale, tier, ownerId })
  await suspend(made)
  let next = 0
  await load(checked, await placementOf(tenantId), `Import ${id}`, async ({ table, rows }) => {
    await tell({ state: 'loading', table, rows })
    if (Date.now() < next) return
    next = Date.now() + tellEveryMs
    await platform()
      .update(imports)
      .set({ table, rowsDone: rows, seenAt: sql`clock_timestamp()` })
      .where(eq(imports.id, id))
  })
  await platform().transaction(async (tx) => {
    await tx
      .update(imports)
      .set({ rowsDone: checked.rows, endedAt: sql`clock_timestamp()` })
      .where(eq(imports.id, id))
    await record(tx, {
      actor,
      deed: 'tenant imported',
      tenantId,
      detail: { slug, from: checked.manifest.tenant.id, rows: checked.rows },
    })
  })
  await resume(made)
  return tier
}

/** Takes away what imports have left whose process died half way. Returns how many. */
export async function removeRemains(): Promise<number> {
  const lost = await platform()
    .select()
    .from(imports)
    .where(and(isNull(imports.endedAt), sql`${imports.seenAt} < clock_timestamp() - ${lostAfter}`))
  for (const { tenantId } of lost) await remove(tenantId)
  return lost.length
}

/**
 * A place may be there before the registry knows of it. The row of the import goes with the tenant.
 */
async function remove(tenantId: string): Promise<void> {
  const name = privateName(tenantId)
  for (const kind of ['schema', 'database'] as const) {
    const [known] = await readPlacements(eq(placements.tenantId, tenantId))
    if (!known)
      await unprovision(tenantId, {
        kind,
        server: null,
        database: kind === 'database' ? name : null,
        schema: name,
        login: name,
        password: null,
      })
  }
  await forgetTenant(tenantId)
}
