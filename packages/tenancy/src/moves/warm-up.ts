import { and, eq } from 'drizzle-orm'
import { moves } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'
import { resolveEnd } from '#tenancy/moves/move-ends'
import { connectionString, platform } from '#tenancy/registry/placements'
import { platformPool, tenantPools } from '#tenancy/registry/pools'

const connections = 4

/**
 * Opens pool connections to the target of a move that is about to switch, because opening one takes
 * longer than the switch itself. For a dedicated role, callers are checked on the platform pool
 * first, so connections are opened there too.
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
