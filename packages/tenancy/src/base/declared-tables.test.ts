import { pgSchema, pgTable, uuid } from 'drizzle-orm/pg-core'
import { expect, it } from 'vitest'
import { ConfigurationError } from '#tenancy/base/errors'
import { createTenancy } from '#tenancy/create-tenancy'
import { fixtureConfig, tenancy } from '#tenancy/testing/fixture/tenancy'
import { lifecycleProblems } from '#tenancy/testing/lifecycle'

it('every table of the control plane declares what happens to its rows', async () => {
  expect(await lifecycleProblems(tenancy(), process.env.DATABASE_URL ?? '')).toEqual([])
})

it('tables without a declaration are refused and named', () => {
  const files = pgSchema('platform').table('files', { id: uuid().primaryKey() })
  const pages = pgTable('pages', { id: uuid().primaryKey() })
  const make = () => createTenancy({ ...fixtureConfig(), schemas: [{ files }, { pages }] })
  expect(make).toThrow(ConfigurationError)
  expect(make).toThrow(/platform\.files .*controlPlaneTable(.|\n)*pages .*tenantTable/)
})
