import { type Tenancy, type Queryable } from '#tenancy/base/tenancy'
import { OldLayout, SchemaTooNew } from '#tenancy/migrations/errors'
import { readEngineHistory } from '#tenancy/migrations/engine-migrations'
import { readHistories, type Histories } from '#tenancy/migrations/history'
import { platformPool } from '#tenancy/registry/pools'

/**
 * Refuses to serve when this build is too old for the main database, that is, when a target has a
 * migration that this build lacks and that is marked `-- breaking:`. Other unknown migrations are
 * compatible. Called when the app and the worker start, and by /readyz.
 * @param tenancy - The instance.
 * @param histories - The histories of this build, if they have been read already.
 * @throws SchemaTooNew, or OldLayout if the database predates the migration history of the engine.
 */
export async function assertBuildCompatible(
  tenancy: Tenancy,
  histories?: Histories,
): Promise<void> {
  await refuseOldLayout(platformPool(tenancy))
  const { platform, tenant } = histories ?? (await readHistories(tenancy))
  const engine = await readEngineHistory()
  const known = { platform, tenancy: engine, tenant }
  const {
    rows: [row],
  } = await platformPool(tenancy).query<{ schema: string; migration: string; breaking: string }>(
    `select schema, migration, breaking from tenancy.applied_migrations
     where breaking is not null and not (migration = any(case schema when 'platform' then $1::text[] when 'tenancy' then $2::text[] else $3::text[] end))
     order by migration limit 1`,
    [platform, engine, tenant].map((history) => history.map(({ tag }) => tag)),
  )
  if (!row) return
  const plane = row.schema === 'platform' || row.schema === 'tenancy' ? row.schema : 'tenant'
  throw new SchemaTooNew(
    row.schema,
    [row.migration],
    known[plane].at(-1)?.tag ?? 'none',
    `which breaks it: ${row.breaking}`,
  )
}

/**
 * Refuses a database that predates the engine's own history, which cannot be migrated.
 * @throws OldLayout
 */
export async function refuseOldLayout(on: Queryable): Promise<void> {
  const { rows } = await on.query<{ database: string; old: boolean }>(
    `select current_database() as database,
       to_regclass('tenancy.tenant_homes') is null
         and exists (select from pg_catalog.pg_class where relnamespace = to_regnamespace('tenancy') and relkind = 'r') as old`,
  )
  if (rows[0]?.old) throw new OldLayout(rows[0].database)
}
