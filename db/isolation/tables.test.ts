import { and, eq } from 'drizzle-orm'
import { testIsolation } from '@rowhouse/tenancy/testing'
import { createTestTenant, memberOf, tenantTables } from '#db/isolation/testing/test-tenants'
import { members } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'

testIsolation({
  tenancy,
  tables: tenantTables,
  makeTenant: (kind, name) => createTestTenant(kind, name, 6),
  makeCaller: (tenantId, may) => memberOf(tenantId, may === 'read' ? 'viewer' : 'member'),
  removeCaller: async ({ tenantId, actor }) => {
    await platform()
      .delete(members)
      .where(and(eq(members.tenantId, tenantId), eq(members.userId, actor.id ?? '')))
  },
  hint: () => 'add rows in db/testing/rows/TAG.sql, named after the migration that created it',
})
