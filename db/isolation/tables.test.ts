import { and, eq } from 'drizzle-orm'
import { testIsolation } from '@rowhouse/tenancy/testing'
import { inhabitant, memberOf, tenantTables } from '#db/isolation/testing/world'
import { members } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'

testIsolation({
  tenancy,
  tables: tenantTables,
  makeTenant: (kind, name) => inhabitant(kind, name, 6),
  makeCaller: (tenantId, may) => memberOf(tenantId, may === 'read' ? 'viewer' : 'member'),
  removeCaller: async ({ tenantId, actor }) => {
    await platform()
      .delete(members)
      .where(and(eq(members.tenantId, tenantId), eq(members.userId, actor.id ?? '')))
  },
  hint: () => 'write some in db/testing/rows/TAG.sql, named like the migration that made it',
})
