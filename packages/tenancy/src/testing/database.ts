import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { isDatabaseError } from '#tenancy/base/transient-errors'
import { withConnection, inDatabase } from '#tenancy/base/connect'
import { cloneOf, dropDatabase, type TestRun } from '#tenancy/testing/run'

/** A database for one test file. */
export type TestDatabase = {
  name: string
  env: Record<string, string>
  adminUrl: string
  urls: TestRun['urls']
  drop: () => Promise<void>
}

/**
 * Creates an empty database that is set up, as a copy of the test run's template. It is dropped at the
 * end of the run at the latest.
 * @returns Its name, connection strings and environment variables.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const run = inject('run')
  const name = cloneOf(run.id)
  await withConnection(run.adminUrl, async (admin) => {
    await copyTemplate(admin, run.template, name)
    await copyRights(admin, run.template, name)
  })
  const adminUrl = inDatabase(run.adminUrl, name)
  const at = (login: keyof TestRun['urls']) => inDatabase(run.urls[login], name)
  const urls = {
    platform: at('platform'),
    tenant: at('tenant'),
    worker: at('worker'),
    migrator: at('migrator'),
  }
  return {
    name,
    adminUrl,
    urls,
    env: {
      ...run.env,
      DATABASE_URL: adminUrl,
      PLATFORM_DATABASE_URL: urls.platform,
      TENANT_DATABASE_URL: urls.tenant,
      WORKER_DATABASE_URL: urls.worker,
      MIGRATOR_DATABASE_URL: urls.migrator,
    },
    drop: () => withConnection(run.adminUrl, (admin) => dropDatabase(admin, name)),
  }
}

async function copyTemplate(admin: pg.Client, template: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await admin.query(
        `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`,
      )
      return
    } catch (error) {
      // object_in_use: a background worker such as autovacuum uses the template
      const busy = isDatabaseError(error) && error.code === '55006'
      if (!busy || attempt === 20) throw error
      await sleep(50 * attempt)
    }
  }
}

// PostgreSQL copies the content of a template, but neither its grants nor its settings of roles.
async function copyRights(admin: pg.Client, template: string, name: string): Promise<void> {
  const { rows } = await admin.query<{ statement: string }>(
    `select format('revoke all on database %I from public', $2::text) as statement
     union all
     select format('grant %s on database %I to %s', privilege_type, $2::text, case grantee when 0 then 'public' else grantee::regrole::text end)
     from pg_database, aclexplode(datacl) where datname = $1 and grantee <> datdba
     union all
     select format('alter role %s in database %I set %I = %s', setrole::regrole, $2::text, split_part(setting, '=', 1),
       case when split_part(setting, '=', 1) = 'search_path' then substr(setting, 13) else quote_literal(substr(setting, strpos(setting, '=') + 1)) end)
     from pg_db_role_setting, unnest(setconfig) as setting
     where setdatabase = (select oid from pg_database where datname = $1) and setrole <> 0`,
    [template, name],
  )
  for (const { statement } of rows) await admin.query(statement)
}
