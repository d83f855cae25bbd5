import { desc, eq, ne, sql } from 'drizzle-orm'
import { newId } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { placements, tenants } from '@rowhouse/tenancy/schema'

export type Neighbour = { id: string; schema: string }

/**
 * Finds another tenant for the attack probes to aim at, preferably one with its own schema. Its id
 * never leaves the server. Without another tenant, the id is random.
 */
export async function neighbourOf(tenantId: string): Promise<Neighbour> {
  const [found] = await platform()
    .select({ id: tenants.id, schema: placements.schema })
    .from(tenants)
    .innerJoin(placements, eq(placements.tenantId, tenants.id))
    .where(ne(tenants.id, tenantId))
    .orderBy(desc(sql`${placements.kind} = 'schema'`), tenants.id)
    .limit(1)
  return found ?? { id: newId(), schema: 'shared' }
}
