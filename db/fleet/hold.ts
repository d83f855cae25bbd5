import { TargetHeld } from '#db/errors'
import { readPending } from '#db/fleet/apply'
import { asOwner, mainPlace } from '#db/fleet/connections'
import { readHistory } from '#db/fleet/history'

/**
 * Runs `work` while the targets of these schemas of one database keep their version: a migration of one of them waits for its end,
 * and this is refused while one is under way. For moves (source and target) and for provisioning (`shared`, so that no schema of an
 * older version appears behind a run's back). Many may hold a target at once. The hold ends with the connection, so it survives no crash.
 * Throws TargetHeld, and SchemaTooNew when a target is ahead of this build.
 */
export function whileVersionStands<T>(schemas: string[], work: () => Promise<T>, place = mainPlace): Promise<T> {
  return asOwner(place, schemas.join(', '), async (client) => {
    for (const schema of [...schemas].sort()) {
      const { rows: [row] } = await client.query<{ got: boolean; holders: string | null }>(
        'select pg_try_advisory_lock_shared(tenancy.target_key($1)) as got, tenancy.target_holders($1) as holders', [schema])
      if (!row?.got) throw new TargetHeld(schema, row?.holders ?? 'someone who has just let go')
    }
    const history = await readHistory('tenant')
    for (const schema of schemas) await readPending(client, schema, history)
    return work()
  })
}
