import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { TargetLocked } from '#tenancy/migrations/errors'
import { readPending } from '#tenancy/migrations/apply'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import { readTenantHistory } from '#tenancy/migrations/history'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Keeps a schema at its version for as long as the connection lives. Many may at once. Throws
 * TargetLocked while a migration is at it.
 */
export async function lockVersion(client: pg.Client, schema: string): Promise<void> {
  const {
    rows: [row],
  } = await client.query<{ got: boolean; holders: string | null }>(
    'select pg_try_advisory_lock_shared(tenancy.target_key($1)) as got, tenancy.target_holders($1) as holders',
    [schema],
  )
  if (!row?.got) throw new TargetLocked(schema, row?.holders ?? 'someone who has just let go')
}

/**
 * Runs `work`, which makes a new target and registers it, while the shared schema keeps its
 * version. A fleet run migrates the shared schema too, and looks for new targets after that: so no
 * target of an older version appears behind its back. The hold ends with its connection and
 * survives no crash. Throws TargetLocked when a migration takes longer than we wait, SchemaTooNew
 * when this build is too old.
 */
export function withVersionLock<T>(
  tenancy: Tenancy,
  who: string,
  work: () => Promise<T>,
  waitMs = 5000,
): Promise<T> {
  return asOwner(tenancy, mainDatabase, who, async (client) => {
    await client.query(`set application_name = ${pg.escapeLiteral(`rowhouse, ${who}`)}`)
    const until = Date.now() + waitMs
    for (;;) {
      try {
        await lockVersion(client, 'shared')
        break
      } catch (error) {
        if (!TargetLocked.is(error) || Date.now() > until) throw error
        await sleep(100)
      }
    }
    await readPending(client, 'shared', await readTenantHistory(tenancy))
    return work()
  })
}
