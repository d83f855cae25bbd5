import { expect, it } from 'vitest'
import { withConnection, databaseOf } from '#tenancy/base/connect'
import { loginUrl, logins } from '#tenancy/base/tenancy'
import { createTestDatabase } from '#tenancy/testing/database'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

it('each test file has its own database, to which every login connects without special privileges', async () => {
  for (const login of logins) {
    const { rows } = await withConnection(loginUrl(tenancy(), login), (client) =>
      client.query(
        'select current_user as me, current_database() as at, rolsuper, rolbypassrls from pg_roles where rolname = current_user',
      ),
    )
    expect(rows).toEqual([
      {
        me: `rowhouse_${login}`,
        at: databaseOf(process.env.DATABASE_URL ?? ''),
        rolsuper: false,
        rolbypassrls: false,
      },
    ])
  }
})

it('a copy has the grants of a database that was set up', async () => {
  const other = await createTestDatabase()
  const { rows } = await withConnection(other.adminUrl, (client) =>
    client.query(
      `select has_database_privilege('rowhouse_tenant', current_database(), 'connect') as ours,
       exists (select from pg_database, aclexplode(datacl) where datname = current_database() and grantee = 0) as anybody`,
    ),
  )
  expect(rows).toEqual([{ ours: true, anybody: false }])
  await other.drop()
})

it('a table in one database does not exist in another', async () => {
  const other = await createTestDatabase()
  await withConnection(other.adminUrl, (client) => client.query('create table only_here ()'))
  const { rows } = await withConnection(process.env.DATABASE_URL ?? '', (client) =>
    client.query(`select to_regclass('only_here') as found`),
  )
  expect(rows).toEqual([{ found: null }])
  await other.drop()
})
