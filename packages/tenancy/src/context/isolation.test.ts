import { and, eq } from 'drizzle-orm'
import { members } from '#tenancy/testing/fixture/schema'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { createTestTenant, memberOf, tenantTables } from '#tenancy/testing/fixture/test-tenants'
import { testIsolation } from '#tenancy/testing/isolation-suite'

testIsolation({
  tenancy,
  tables: tenantTables,
  makeTenant: (kind, name) => createTestTenant(kind, name, 6),
  makeCaller: (tenantId, may) => memberOf(tenantId, may === 'read' ? 'viewer' : 'member'),
  removeCaller: async ({ tenantId, actor }) => {
    await platform()
      .delete(members)
      .where(and(eq(members.tenantId, tenantId), eq(members.personId, actor.id ?? '')))
  },
})
