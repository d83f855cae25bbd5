import { eq, sql } from 'drizzle-orm'
import { record } from '#db/console/audit'
import { Invalid, MoveUnderWay } from '#db/errors'
import { latestMove } from '#db/move/ledger'
import { isLive } from '#db/move/states'
import { asMigrator } from '#db/placements/provision'
import { forgetPlacement, platform, readPlacements } from '#db/registry'
import { placements } from '#db/schema/platform'
import { encrypt, newSecret, scramVerifier } from '#db/secrets'

/**
 * Gives a tenant's own login another password, and ends every session that was opened with the one
 * before: what is under way there is rolled back, what comes next goes on with the new one. Broken
 * off between its two commits, it shuts the tenant out until it is run again. Throws Invalid for a
 * tenant without a login of its own, MoveUnderWay.
 */
export async function rotateLogin({
  tenantId,
  slug,
  actor,
  reason,
}: {
  tenantId: string
  slug: string
  actor: string
  reason: string
}): Promise<{ login: string }> {
  const [placement] = await readPlacements(eq(placements.tenantId, tenantId))
  if (!placement?.login)
    throw new Invalid(
      'tenant',
      `tenant ${slug} has no login of its own: in shared tables all work by rowhouse_tenant`,
    )
  // both ends of a move keep the password that there was when it was asked for
  const move = await latestMove(tenantId)
  if (move && isLive(move.state)) throw new MoveUnderWay(slug, move.state)
  const { login } = placement
  const password = newSecret()
  await asMigrator(placement, async (client) => {
    await client.query('begin')
    await client.query('select tenancy.make_login($1, $2)', [tenantId, scramVerifier(password)])
    await platform().transaction(async (tx) => {
      await tx
        .update(placements)
        .set({ secret: encrypt(password, `placement ${tenantId}`), changedAt: new Date() })
        .where(eq(placements.tenantId, tenantId))
      await record(tx, { actor, deed: 'login rotated', tenantId, detail: { login, reason } })
      await tx.execute(sql`select pg_notify('rowhouse_placements', ${tenantId})`)
    })
    await client.query('commit')
    await client.query('select tenancy.end_sessions($1)', [tenantId])
  })
  forgetPlacement(tenantId)
  return { login }
}
