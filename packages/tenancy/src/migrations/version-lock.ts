import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { TargetLocked } from '#tenancy/migrations/errors'
import { readPending } from '#tenancy/migrations/apply'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import { readTenantHistory } from '#tenancy/migrations/history'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Locks a schema at its version, in shared mode, until the connection closes.
 * @throws TargetLocked during a migration.
 */
export async function lockVersion(client: pg.Client, schema: string): Promise<void> {
  const {
    rows: [row],
  } = await client.query<{ got: boolean; holders: string | null }>(
    'select pg_try_advisory_lock_shared(tenancy.target_key($1)) as got, tenancy.target_holders($1) as holders',
    [schema],
  )
  if (!row?.got) throw new TargetLocked(schema, row?.holders ?? 'a session that has just ended')
}

/**
 * Runs work that creates and registers a target, while the shared schema is locked at its version.
 * A fleet run migrates the shared schema and then looks for new targets, so it cannot miss one with
 * an older version. The lock is released with its connection, even after a crash.
 * @param who - The name of the holder in the messages of waiting sessions.
 * @param waitMs - How long to wait for a migration, in milliseconds.
 * @throws TargetLocked if a migration takes longer, SchemaTooNew if this build is too old.
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
