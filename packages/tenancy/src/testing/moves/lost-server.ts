import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { withConnection, inDatabase } from '#tenancy/base/connect'
import type { Move } from '#tenancy/moves/move-store'
import { requestForceFinish, requestAbort } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import {
  actionOn,
  perform,
  removeTenants,
  otherServer,
  requestTo,
  serviceOf,
  createTenantIn,
} from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'
import { servers, type MoveEnd } from '#tenancy/base/schema'
import { encrypt } from '#tenancy/base/encryption'
import { platform, tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import { insertNote, type TestTenant } from '#tenancy/testing/fixture/test-tenants'

// A server that is lost during a move: its port in tenancy.servers leads nowhere.
const made: TestTenant[] = []
/** The one that is moved: another in each test. */
export let tenant: TestTenant
let revive: (() => Promise<unknown>) | undefined

/** Has each test of a file begin with a tenant in the shared tables. */
export function withTenants(): void {
  beforeEach(async () => {
    tenant = await createTenantIn('shared', 'lost-server', 10)
    made.push(tenant)
  }, 60_000)
  afterEach(restoreServer)
  afterAll(async () => {
    await removeTenants(made)
    await closePools(tenancy())
  }, 60_000)
}

export const moveToOtherServer = async (): Promise<Move> =>
  requestMove(tenancy(), await requestTo('other-server', tenant.id))
/** Moves the tenant and confirms at once. */
export const moveTo = async (placement: 'shared' | 'schema' | 'other-server'): Promise<Move> =>
  perform(
    await requestMove(tenancy(), { ...(await requestTo(placement, tenant.id)), graceHours: 0 }),
  )
/** The error that such a server's clients get. */
export const connectionRefused = { code: 'ECONNREFUSED' }

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

export const loseServer = (end: MoveEnd): Promise<void> => change(end, () => ({ port: 1 }))
/** It answers, and refuses every login of ours. */
export const refuseLogins = (end: MoveEnd): Promise<void> =>
  change(end, ({ id }) => ({
    workerSecret: encrypt(tenancy(), 'wrong', `server ${id} worker`),
    migratorSecret: encrypt(tenancy(), 'wrong', `server ${id} migrator`),
  }))

export async function restoreServer(): Promise<void> {
  await revive?.()
}

/** The instant behind the first of the two commits, which was so many seconds ago. */
export async function fence(adminUrl: string, secondsAgo: number): Promise<void> {
  const { rowCount } = await withConnection(adminUrl, (client) =>
    client.query(
      `update tenancy.tenant_homes set state = 'fenced', epoch = epoch + 1, changed_at = clock_timestamp() - make_interval(secs => $2) where tenant_id = $1 and state = 'copying'`,
      [tenant.id, secondsAgo],
    ),
  )
  expect(rowCount).toBe(1)
}

export const homeStateAt = (
  adminUrl: string,
): Promise<{ state: string; move: string | null } | undefined> =>
  withConnection(
    adminUrl,
    async (client) =>
      (
        await client.query<{ state: string; move: string | null }>(
          'select state, move_id as move from tenancy.tenant_homes where tenant_id = $1',
          [tenant.id],
        )
      ).rows[0],
  )

/** One end of a move, on the other server. */
export const databaseUrlOf = async (end: MoveEnd): Promise<string> =>
  inDatabase(await otherServer(), end.database ?? '')

export const addNote = (): Promise<void> =>
  withTenant(serviceOf(tenant.id), (tx) => insertNote(tx, 'Something'))

/** Aborts a move whose server is lost, and force-finishes it. */
export async function forceFinish(move: Move): Promise<void> {
  await requestAbort(tenancy(), actionOn(tenant))
  await expect(perform(move)).rejects.toMatchObject(connectionRefused)
  await requestForceFinish(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted', forceFinishBy: 'test' })
}

/** From the other server, where the tenant lives, to here, and as far as that. */
export async function startMoveHome(until: 'copied' | 'verified'): Promise<Move> {
  expect(await moveTo('other-server')).toMatchObject({ state: 'cleaned' })
  return perform(await requestMove(tenancy(), await requestTo('shared', tenant.id)), until)
}
