import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { TargetHeld } from '#tenancy/migrations/errors'
import { readPending } from '#tenancy/migrations/apply'
import { asOwner, mainPlace } from '#tenancy/migrations/connections'
import { readTenantHistory } from '#tenancy/migrations/history'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Keeps a schema at its version for as long as the connection lives. Many may at once. Throws
 * TargetHeld while a migration is at it.
 */
export async function holdVersion(client: pg.Client, schema: string): Promise<void> {
  const {
    rows: [row],
  } = await client.query<{ got: boolean; holders: string | null }>(
    'select pg_try_advisory_lock_shared(tenancy.target_key($1)) as got, tenancy.target_holders($1) as holders',
    [schema],
  )
  if (!row?.got) throw new TargetHeld(schema, row?.holders ?? 'someone who has just let go')
}

/**
 * Runs `work`, which makes a new target and registers it, while the shared schema keeps its
 * version. A fleet run migrates the shared schema too, and looks for newcomers after that: so no
 * target of an older version appears behind its back. The hold ends with its connection and
 * survives no crash. Throws TargetHeld when a migration takes longer than we wait, SchemaTooNew
 * when this build is too old.
 */
export function whileVersionStands<T>(
  tenancy: Tenancy,
  who: string,
  work: () => Promise<T>,
  waitMs = 5000,
): Promise<T> {
  return asOwner(tenancy, mainPlace, who, async (client) => {
    await client.query(`set application_name = ${pg.escapeLiteral(`rowhouse, ${who}`)}`)
    const until = Date.now() + waitMs
    for (;;) {
      try {
        await holdVersion(client, 'shared')
        break
      } catch (error) {
        if (!TargetHeld.is(error) || Date.now() > until) throw error
        await sleep(100)
      }
    }
    await readPending(client, 'shared', await readTenantHistory(tenancy))
    return work()
  })
}
