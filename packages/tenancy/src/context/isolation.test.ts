import { and, eq } from 'drizzle-orm'
import { members } from '#tenancy/testing/fixture/schema'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { inhabitant, memberOf, tenantTables } from '#tenancy/testing/fixture/world'
import { testIsolation } from '#tenancy/testing/isolation-suite'

testIsolation({
  tenancy,
  tables: tenantTables,
  makeTenant: (kind, name) => inhabitant(kind, name, 6),
  makeCaller: (tenantId, may) => memberOf(tenantId, may === 'read' ? 'viewer' : 'member'),
  removeCaller: async ({ tenantId, actor }) => {
    await platform()
      .delete(members)
      .where(and(eq(members.tenantId, tenantId), eq(members.personId, actor.id ?? '')))
  },
})
