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

// A server that is lost during a move: no server listens on its port in tenancy.servers.
const made: TestTenant[] = []
/** The tenant that is moved, a new one in each test. */
export let tenant: TestTenant
let restore: (() => Promise<unknown>) | undefined

/** Creates a tenant in the shared tables before each test of a file. */
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
/** Moves the tenant and confirms the move at once. */
export const moveTo = async (placement: 'shared' | 'schema' | 'other-server'): Promise<Move> =>
  perform(
    await requestMove(tenancy(), { ...(await requestTo(placement, tenant.id)), graceHours: 0 }),
  )
/** The error of a connection to the lost server. */
export const connectionRefused = { code: 'ECONNREFUSED' }

async function change(
  end: MoveEnd,
  changes: (server: typeof servers.$inferSelect) => Partial<typeof servers.$inferInsert>,
): Promise<void> {
  const at = eq(servers.id, end.serverId ?? '')
  const [server] = await platform().select().from(servers).where(at)
  if (!server) throw new Error('the end is on no other server')
  await platform().update(servers).set(changes(server)).where(at)
  restore = () => platform().update(servers).set(server).where(at)
}

export const loseServer = (end: MoveEnd): Promise<void> => change(end, () => ({ port: 1 }))
/** Makes the server refuse the engine's logins. */
export const refuseLogins = (end: MoveEnd): Promise<void> =>
  change(end, ({ id }) => ({
    workerSecret: encrypt(tenancy(), 'wrong', `server ${id} worker`),
    migratorSecret: encrypt(tenancy(), 'wrong', `server ${id} migrator`),
  }))

export async function restoreServer(): Promise<void> {
  await restore?.()
}

/** Puts the tenant in the state between the two commits of a switch, since `secondsAgo` seconds. */
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

/** The URL of an end of a move on the other server. */
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

/** Moves the tenant to the other server, and starts a move back, which stops at a state. */
export async function startMoveHome(until: 'copied' | 'verified'): Promise<Move> {
  expect(await moveTo('other-server')).toMatchObject({ state: 'cleaned' })
  return perform(await requestMove(tenancy(), await requestTo('shared', tenant.id)), until)
}
