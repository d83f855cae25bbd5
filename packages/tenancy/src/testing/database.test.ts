import { expect, it } from 'vitest'
import { connected, databaseOf } from '#db/connect'
import { loginUrl, logins } from '#db/env'
import { createTestDatabase } from '#db/testing/database'

it('each file has a database of its own, and every login of ours gets in without superpowers', async () => {
  for (const login of logins) {
    const { rows } = await connected(loginUrl(login), (client) =>
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

it('a copy has the same rights as a database that was set up itself', async () => {
  const other = await createTestDatabase()
  const { rows } = await connected(other.adminUrl, (client) =>
    client.query(
      `select has_database_privilege('rowhouse_tenant', current_database(), 'connect') as ours,
       exists (select from pg_database, aclexplode(datacl) where datname = current_database() and grantee = 0) as anybody`,
    ),
  )
  expect(rows).toEqual([{ ours: true, anybody: false }])
  await other.drop()
})

it('what one database holds, another does not see', async () => {
  const other = await createTestDatabase()
  await connected(other.adminUrl, (client) => client.query('create table only_here ()'))
  const { rows } = await connected(process.env.DATABASE_URL ?? '', (client) =>
    client.query(`select to_regclass('only_here') as found`),
  )
  expect(rows).toEqual([{ found: null }])
  await other.drop()
})
