import { eq, sql } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { withTransaction } from '#tenancy/base/with-transaction'
import { Invalid } from '#tenancy/base/errors'
import { MoveUnderWay } from '#tenancy/moves/errors'
import { latestMove } from '#tenancy/moves/move-store'
import { isLive } from '#tenancy/base/move-states'
import { passwordToSend } from '#tenancy/placements/passwords'
import { asMigrator } from '#tenancy/placements/provision'
import { forgetPlacement, platform, readPlacements } from '#tenancy/registry/placements'
import { placements } from '#tenancy/base/schema'
import { encrypt, newSecret } from '#tenancy/base/encryption'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Gives a tenant's dedicated role a new password, and ends its sessions. Open transactions are
 * rolled back; later ones use the new password. If it is interrupted between its two commits, the
 * tenant is unavailable until it is run again.
 * @param tenancy - The instance.
 * @param request - The tenant, the name of the operator, and the reason for the audit trail.
 * @returns The name of the role.
 * @throws Invalid for a tenant in shared tables.
 * @throws MoveUnderWay
 */
export async function rotateLogin(
  tenancy: Tenancy,
  {
    tenantId,
    slug,
    actor,
    reason,
  }: {
    tenantId: string
    slug: string
    actor: string
    reason: string
  },
): Promise<{ login: string }> {
  const [placement] = await readPlacements(tenancy, eq(placements.tenantId, tenantId))
  if (!placement?.login)
    throw new Invalid(
      'tenant',
      `tenant ${slug} has no dedicated role: tenants in shared tables use rowhouse_tenant`,
    )
  // a move stores the passwords of both placements when it is requested
  const move = await latestMove(tenancy, tenantId)
  if (move && isLive(move.state)) throw new MoveUnderWay(slug, move.state)
  const { login } = placement
  const password = newSecret()
  await asMigrator(tenancy, placement, async (client) => {
    await withTransaction(client, async () => {
      await client.query('select tenancy.create_dedicated_role($1, $2)', [
        tenantId,
        passwordToSend(tenancy, client, password),
      ])
      await platform(tenancy).transaction(async (tx) => {
        await tx
          .update(placements)
          .set({
            secret: encrypt(tenancy, password, `placement ${tenantId}`),
            changedAt: new Date(),
          })
          .where(eq(placements.tenantId, tenantId))
        await recordAudit(tx, {
          actor,
          action: 'login rotated',
          tenantId,
          detail: { login, reason },
        })
        await tx.execute(sql`select pg_notify('rowhouse_placements', ${tenantId})`)
      })
    })
    await client.query('select tenancy.end_sessions($1)', [tenantId])
  })
  forgetPlacement(tenancy, tenantId)
  return { login }
}
