import { afterAll, beforeAll } from 'vitest'
import { inDatabase, withConnection } from '#tenancy/base/connect'
import { privateName } from '#tenancy/base/ids'
import { logins } from '#tenancy/base/tenancy'
import { closePools } from '#tenancy/registry/pools'
import { setup } from '#tenancy/setup'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import { createTestTenants, type TestTenants } from '#tenancy/testing/fixture/test-tenants'
import { describeViolations, type PlantedViolation } from '#tenancy/testing/planted-violations'
import { startPostgres } from '../../../../scripts/postgres.ts'

// A server of its own, because roles, their settings and privileges on parameters belong to the whole server: the doctor
// of every other test file would find them.
const server = await startPostgres({
  name: `other-roles${process.env.VITEST_POOL_ID ?? ''}`,
  durable: false,
})
await withConnection(server.adminUrl, (superuser) =>
  // the server's files may be those of an earlier run
  superuser.query('drop database if exists other_roles with (force)'),
)
const adminUrl = inDatabase(server.adminUrl, 'other_roles')
for (const login of logins) delete process.env[`${login.toUpperCase()}_DATABASE_URL`]
process.env.DATABASE_URL = adminUrl

let tenants: TestTenants
beforeAll(async () => {
  await setup(tenancy(), { adminUrl })
  tenants = await createTestTenants(['schema'], 1)
})
afterAll(async () => {
  await closePools(tenancy())
  await server.stop()
})

const tenantRole = () => privateName(tenants.schema[0].id)

const cases: PlantedViolation[] = [
  [
    'other-roles',
    'another login that is a member of the owner',
    () => 'create role loose login; grant rowhouse_owner to loose',
    () => 'drop role loose',
    () => 'loose',
  ],
  [
    'other-roles',
    'another login that is a member of the tenant login through a group',
    () =>
      'create role loose_group; create role loose login; grant rowhouse_tenant to loose_group; grant loose_group to loose',
    () => 'drop role loose; drop role loose_group',
    () => 'loose',
  ],
  [
    'other-roles',
    'another login that is a member of the role of a tenant',
    () => `create role loose login; grant ${tenantRole()} to loose`,
    () => 'drop role loose',
    () => 'loose',
  ],
  ...['superuser', 'replication'].map((attribute): PlantedViolation => [
    'other-roles',
    `another login with ${attribute}`,
    () => `create role loose login ${attribute}`,
    () => 'drop role loose',
    () => 'loose',
  ]),
  ...['bypassrls', 'createrole'].map((attribute): PlantedViolation => [
    'other-roles',
    `another login with ${attribute} that may connect`,
    () =>
      `create role loose login ${attribute}; do $$ begin execute format('grant connect on database %I to loose', current_database()); end $$`,
    () => 'drop owned by loose; drop role loose',
    () => 'loose',
  ]),
  [
    'logins',
    'a predefined role of the tenant login',
    () => 'grant pg_read_all_data to rowhouse_tenant',
    () => 'revoke pg_read_all_data from rowhouse_tenant',
    () => 'rowhouse_tenant',
  ],
  [
    'direct-grants',
    'a parameter of superusers for the tenant login',
    () => 'grant set on parameter session_replication_role to rowhouse_tenant',
    () => 'revoke set on parameter session_replication_role from rowhouse_tenant',
    () => 'parameter session_replication_role',
  ],
  [
    'database-objects',
    'a setting of all roles',
    () => `alter role all set timezone = 'Asia/Tokyo'`,
    () => 'alter role all reset timezone',
    () => 'all roles',
  ],
]

describeViolations(cases, (text) => withConnection(adminUrl, (superuser) => superuser.query(text)))
