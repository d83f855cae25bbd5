import { and, eq } from 'drizzle-orm'
import { resolveEnd } from '#tenancy/moves/move-ends'
import { platformPool, tenantPools } from '#tenancy/registry/pools'
import { connectionString, platform } from '#tenancy/registry/placements'
import { moves } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

const connections = 4

/**
 * Opens connections to the place that a tenant is about to come to: making one takes longer than
 * the switch. On a login of its own each caller is checked on the platform login, so those are
 * opened too.
 */
export async function warmUp(tenancy: Tenancy, tenantId: string, moveId: string): Promise<void> {
  const [move] = await platform(tenancy)
    .select({ target: moves.target })
    .from(moves)
    .where(and(eq(moves.id, moveId), eq(moves.tenantId, tenantId), eq(moves.state, 'verified')))
  if (!move || move.target.login === null) return
  const url = connectionString(tenancy, await resolveEnd(tenancy, tenantId, move.target))
  await Promise.all([
    tenantPools(tenancy).warm(url, connections, 'select tenancy.tenant()'),
    ...Array.from({ length: connections }, () => platformPool(tenancy).query('select')),
  ])
}
