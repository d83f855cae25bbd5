import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { connected, inDatabase } from '#db/connect'
import { withTenant } from '#db/door'
import { newId } from '#db/id'
import type { Inhabitant } from '#db/isolation/testing/world'
import type { Move } from '#db/move/ledger'
import { requestAbandon, requestAbort, requestMove } from '#db/move/request'
import { driven, leave, otherServer, requestTo, serviceOf, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'
import { platform } from '#db/registry'
import { servers, type MoveEnd } from '#db/schema/platform'
import { customers } from '#db/schema/tenant'
import { encrypt } from '#db/secrets'

// A server that goes away while one of its ends belongs to a move: its port leads nowhere from then
// on.
const made: Inhabitant[] = []
/** The one that is moved: another in each test. */
export let tenant: Inhabitant
let revive: (() => Promise<unknown>) | undefined

/** Has each test of a file begin with a tenant in the shared tables. */
export function withTenants(): void {
  beforeEach(async () => {
    tenant = await settleIn('shared', 'gone-server', 10)
    made.push(tenant)
  }, 60_000)
  afterEach(comesBack)
  afterAll(async () => {
    await leave(made)
    await closePools()
  }, 60_000)
}

export const toElsewhere = async (): Promise<Move> =>
  requestMove(await requestTo('elsewhere', tenant.id))
/** There at once and for good. */
export const goTo = async (place: 'shared' | 'schema' | 'elsewhere'): Promise<Move> =>
  driven(await requestMove({ ...(await requestTo(place, tenant.id)), graceHours: 0 }))
export const refused = /ECONNREFUSED/

async function change(
  end: MoveEnd,
  changes: (server: typeof servers.$inferSelect) => Partial<typeof servers.$inferInsert>,
): Promise<void> {
  const at = eq(servers.id, end.serverId ?? '')
  const [server] = await platform().select().from(servers).where(at)
  if (!server) throw new Error('the end is on no other server')
  await platform().update(servers).set(changes(server)).where(at)
  revive = () => platform().update(servers).set(server).where(at)
}

export const dies = (end: MoveEnd): Promise<void> => change(end, () => ({ port: 1 }))
/** It answers, and lets nobody of ours in. */
export const refuses = (end: MoveEnd): Promise<void> =>
  change(end, ({ id }) => ({
    workerSecret: encrypt('wrong', `server ${id} worker`),
    migratorSecret: encrypt('wrong', `server ${id} migrator`),
  }))

export async function comesBack(): Promise<void> {
  await revive?.()
}

/** The instant behind the first of the two commits, which was so many seconds ago. */
export async function fence(adminUrl: string, secondsAgo: number): Promise<void> {
  const { rowCount } = await connected(adminUrl, (client) =>
    client.query(
      `update tenancy.residents set state = 'fenced', epoch = epoch + 1, changed_at = clock_timestamp() - make_interval(secs => $2) where tenant_id = $1 and state = 'copying'`,
      [tenant.id, secondsAgo],
    ),
  )
  expect(rowCount).toBe(1)
}

export const stateAt = (
  adminUrl: string,
): Promise<{ state: string; move: string | null } | undefined> =>
  connected(
    adminUrl,
    async (client) =>
      (
        await client.query<{ state: string; move: string | null }>(
          'select state, move_id as move from tenancy.residents where tenant_id = $1',
          [tenant.id],
        )
      ).rows[0],
  )

/** One end of a move, on the other server. */
export const databaseOf = async (end: MoveEnd): Promise<string> =>
  inDatabase(await otherServer(), end.database ?? '')

export const add = (): Promise<unknown> =>
  withTenant(serviceOf(tenant.id), (tx) =>
    tx
      .insert(customers)
      .values({ tenantId: tenant.id, id: newId(), name: 'Somebody' })
      .returning({ id: customers.id }),
  )

/** Given up, it waits for its server until an operator says that it shall not. */
export async function endsWithout(move: Move): Promise<void> {
  await requestAbort(tenant.id, tenant.slug, 'test')
  await expect(driven(move)).rejects.toThrow(refused)
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted', abandonBy: 'test' })
}

/** From the other server, where the tenant lives, to here, and as far as that. */
export async function homeFrom(until: 'copied' | 'verified'): Promise<Move> {
  expect(await goTo('elsewhere')).toMatchObject({ state: 'cleaned' })
  return driven(await requestMove(await requestTo('shared', tenant.id)), until)
}
