import { and, eq } from 'drizzle-orm'
import { reachable } from '#db/move/ends'
import { platformPool, tenantPools } from '#db/pools'
import { connectionString, platform } from '#db/registry'
import { moves } from '#db/schema/platform'

const connections = 4

/**
 * Opens connections to the place that a tenant is about to come to: making one takes longer than
 * the switch. On a login of its own the door asks the platform about each session, so those are
 * opened too.
 */
export async function warmUp(tenantId: string, moveId: string): Promise<void> {
  const [move] = await platform()
    .select({ target: moves.target })
    .from(moves)
    .where(and(eq(moves.id, moveId), eq(moves.tenantId, tenantId), eq(moves.state, 'verified')))
  if (!move || move.target.login === null) return
  const url = connectionString(await reachable(tenantId, move.target))
  await Promise.all([
    tenantPools().warm(url, connections, 'select tenancy.tenant()'),
    ...Array.from({ length: connections }, () => platformPool().query('select')),
  ])
}
