import { SchemaTooNew } from '#db/errors'
import { readHistories, type Histories } from '#db/fleet/history'
import { platformPool } from '#db/pools'

/**
 * Refuses to serve with a build that is too old for what the main database has become: some target
 * there has a migration that this build does not know and that says `-- breaking:`. Others it may
 * not know: they only add. For the start of app and worker, and for /readyz. Throws SchemaTooNew.
 */
export async function assertBuildFits(histories?: Histories): Promise<void> {
  const { platform, tenant } = histories ?? (await readHistories())
  const {
    rows: [row],
  } = await platformPool().query<{ schema: string; migration: string; breaking: string }>(
    `select schema, migration, breaking from tenancy.applied
     where breaking is not null and not (migration = any(case schema when 'platform' then $1::text[] else $2::text[] end))
     order by migration limit 1`,
    [platform.map(({ tag }) => tag), tenant.map(({ tag }) => tag)],
  )
  if (!row) return
  const known = (row.schema === 'platform' ? platform : tenant).at(-1)?.tag ?? 'none'
  throw new SchemaTooNew(row.schema, [row.migration], known, `which breaks it: ${row.breaking}`)
}
