import { desc, eq } from 'drizzle-orm'
import { TenantNotFound } from '@rowhouse/tenancy'
import { latestMove } from '@rowhouse/tenancy/moves'
import { platform, tenancy } from '#db/tenancy'
import { tenantSizes } from '#db/schema/console'
import { members, users } from '#db/schema/platform'
import { moves, placements, servers, suspensions, tenants } from '@rowhouse/tenancy/schema'

/**
 * Reads what the console shows of a tenant, from control-plane tables only.
 *
 * @throws TenantNotFound
 */
export async function readTenant(slug: string) {
  const db = platform()
  const [row] = await db
    .select({ tenant: tenants, placement: placements, server: servers.name, size: tenantSizes })
    .from(tenants)
    .innerJoin(placements, eq(placements.tenantId, tenants.id))
    .leftJoin(servers, eq(servers.id, placements.serverId))
    .leftJoin(tenantSizes, eq(tenantSizes.tenantId, tenants.id))
    .where(eq(tenants.slug, slug))
  if (!row) throw new TenantNotFound(slug)
  const { secret: _, ...placement } = row.placement
  const id = row.tenant.id
  const [people, suspended, past, latest] = await Promise.all([
    db
      .select({
        id: users.id,
        name: users.name,
        email: users.email,
        role: members.role,
        joinedAt: members.joinedAt,
      })
      .from(members)
      .innerJoin(users, eq(users.id, members.userId))
      .where(eq(members.tenantId, id))
      .orderBy(members.role, users.name)
      .limit(200),
    db
      .select()
      .from(suspensions)
      .where(eq(suspensions.tenantId, id))
      .orderBy(desc(suspensions.at))
      .limit(20),
    db
      .select()
      .from(moves)
      .where(eq(moves.tenantId, id))
      .orderBy(desc(moves.requestedAt))
      .limit(20),
    latestMove(tenancy(), id),
  ])
  return {
    ...row,
    placement,
    people,
    suspensions: suspended,
    suspended: suspended.find(({ liftedAt }) => liftedAt === null) ?? null,
    moves: past,
    latest,
  }
}
export type TenantFacts = Awaited<ReturnType<typeof readTenant>>

/**
 * Finds the tenant with the slug that a form submitted.
 *
 * @throws TenantNotFound
 */
export async function tenantOf(slug: string): Promise<{ id: string; slug: string; name: string }> {
  const [tenant] = await platform()
    .select({ id: tenants.id, slug: tenants.slug, name: tenants.name })
    .from(tenants)
    .where(eq(tenants.slug, slug))
  if (!tenant) throw new TenantNotFound(slug)
  return tenant
}
