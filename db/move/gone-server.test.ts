import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { connected, inDatabase } from '#db/connect'
import { withTenant } from '#db/door'
import { NoSuchMove } from '#db/errors'
import { forgetTenant, type Receipt } from '#db/erase/forget'
import { newId } from '#db/id'
import type { Inhabitant } from '#db/isolation/testing/world'
import { latestMove, readEvents, readMove, type Move } from '#db/move/ledger'
import { requestAbandon, requestAbort, requestConfirm, requestMove, requestRollback, requestTidying } from '#db/move/request'
import { driven, fingerprint, leave, leftAt, mainAdmin, otherServer, remains, requestTo, serviceOf, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'
import { forgetPlacement, placementOf, platform } from '#db/registry'
import { placements, servers, type MoveEnd } from '#db/schema/platform'
import { customers } from '#db/schema/tenant'
import { encrypt } from '#db/secrets'

// A server that dies for good while one of its ends belongs to a move: its port leads nowhere from then on.
const made: Inhabitant[] = []
let tenant: Inhabitant
let revive: (() => Promise<unknown>) | undefined
beforeEach(async () => {
  tenant = await settleIn('shared', 'gone-server', 10)
  made.push(tenant)
}, 60_000)
afterEach(() => revive?.())
afterAll(async () => {
  await leave(made)
  await closePools()
}, 60_000)

const toElsewhere = async () => requestMove(await requestTo('elsewhere', tenant.id))
const refused = /ECONNREFUSED/
const serverOf = (end: MoveEnd) => eq(servers.id, end.serverId ?? '')

async function dies(end: MoveEnd): Promise<void> {
  const [server] = await platform().select().from(servers).where(serverOf(end))
  await platform().update(servers).set({ port: 1 }).where(serverOf(end))
  revive = () => platform().update(servers).set({ port: server?.port ?? 0 }).where(serverOf(end))
}

/** The instant behind the first of the two commits, which was so many seconds ago. */
async function fence(adminUrl: string, secondsAgo: number): Promise<void> {
  const { rowCount } = await connected(adminUrl, (client) => client.query(
    `update tenancy.residents set state = 'fenced', epoch = epoch + 1, changed_at = clock_timestamp() - make_interval(secs => $2) where tenant_id = $1 and state = 'copying'`, [tenant.id, secondsAgo]))
  expect(rowCount).toBe(1)
}

const stateAt = (adminUrl: string) => connected(adminUrl, async (client) =>
  (await client.query<{ state: string; move: string | null }>('select state, move_id as move from tenancy.residents where tenant_id = $1', [tenant.id])).rows[0])

const otherDatabase = async (move: Move) => inDatabase(await otherServer(), move.target.database ?? '')

const add = () => withTenant(serviceOf(tenant.id), (tx) => tx.insert(customers).values({ tenantId: tenant.id, id: newId(), name: 'Somebody' }).returning({ id: customers.id }))

test('a tenant in neither place waits for its target, goes back when that stays away, and an operator lets the move end', async () => {
  const before = await fingerprint(tenant.id)
  const move = await driven(await toElsewhere(), 'verified')
  await fence(mainAdmin(), 5)
  await dies(move.target)
  await expect(driven(move)).rejects.toThrow(refused)
  expect(await readMove(move.id)).toMatchObject({ state: 'verified', note: expect.stringMatching(/^will try again/) as unknown })

  await connected(mainAdmin(), (client) => client.query(`update tenancy.residents set changed_at = changed_at - interval '15 s' where tenant_id = $1`, [tenant.id]))
  await expect(driven(move)).rejects.toThrow(refused)
  expect(await readMove(move.id)).toMatchObject({ state: 'aborting', error: expect.stringMatching(/^the target does not open \(connect ECONNREFUSED .*\); the tenant goes back to its place$/) as unknown })
  forgetPlacement(tenant.id)
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
  expect(await fingerprint(tenant.id)).toEqual(before)
  await add()
  // somebody who still holds this move as his cannot lead anybody there any more
  await expect(connected(mainAdmin(), (client) => client.query('select tenancy.record_switch($1, 2)', [move.id]))).rejects.toThrow('was given up')

  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect((await readEvents(move.id)).map(({ event }) => event)).toContain('new place left behind')
  expect(await stateAt(mainAdmin())).toEqual({ state: 'active', move: null })
  expect(await driven(await requestMove({ ...(await requestTo('schema', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
})

test('a target that refuses its worker is as good as gone: the tenant goes back', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await fence(mainAdmin(), 20)
  const [server] = await platform().select().from(servers).where(serverOf(move.target))
  if (!server) throw new Error('no server')
  const { workerSecret, migratorSecret } = server
  await platform().update(servers).set({ workerSecret: encrypt('wrong', `server ${server.id} worker`), migratorSecret: encrypt('wrong', `server ${server.id} migrator`) }).where(serverOf(move.target))
  revive = () => platform().update(servers).set({ workerSecret, migratorSecret }).where(serverOf(move.target))
  await expect(driven(move)).rejects.toThrow('password authentication failed')
  await add()
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await stateAt(mainAdmin())).toEqual({ state: 'active', move: null })
})

/** Given up, it waits for its server until an operator says that it shall not. */
async function endsWithout(move: Move): Promise<void> {
  await requestAbort(tenant.id, tenant.slug, 'test')
  await expect(driven(move)).rejects.toThrow(refused)
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted', abandonBy: 'test' })
}

/** From the other server, where the tenant lives, to here, and as far as that. */
async function homeFrom(until: 'copied' | 'verified'): Promise<Move> {
  expect(await driven(await requestMove({ ...(await requestTo('elsewhere', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
  return driven(await requestMove(await requestTo('shared', tenant.id)), until)
}

const otherSource = async (move: Move) => inDatabase(await otherServer(), move.source.database ?? '')

test('a source that is gone for good before the switch: the move ends when an operator says so', async () => {
  const move = await homeFrom('copied')
  await dies(move.source)
  await requestAbort(tenant.id, tenant.slug, 'test')
  await expect(driven(move)).rejects.toThrow(refused)
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await stateAt(mainAdmin())).toEqual({ state: 'aborted', move: null })
  expect(await remains(mainAdmin(), 'shared', tenant.id)).toBe(0)
})

test('a source that was given up before the switch, and comes back: tidying up leaves the tenant free to move', async () => {
  const move = await homeFrom('copied')
  await dies(move.source)
  await endsWithout(move)
  await revive?.()
  // a move that comes to nothing in between does not hide what is left
  expect(await driven(await requestMove(await requestTo('schema', tenant.id)))).toMatchObject({ state: 'aborted' })
  await requestTidying(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted', abandonBy: null })
  expect(await stateAt(await otherSource(move))).toEqual({ state: 'active', move: null })
  await add()
  expect(await driven(await requestMove({ ...(await requestTo('schema', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
})

test('a source that is given up behind the fence, and comes back: tidying up lets the tenant in again', async () => {
  const move = await homeFrom('verified')
  const before = await fingerprint(tenant.id)
  await fence(await otherSource(move), 20)
  await dies(move.source)
  await endsWithout(move)
  await revive?.()
  await expect(add()).rejects.toThrow()
  await requestTidying(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted', abandonBy: null })
  forgetPlacement(tenant.id)
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'database' })
  expect(await fingerprint(tenant.id)).toEqual(before)
  await add()
  expect(await driven(await requestMove({ ...(await requestTo('schema', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
  await expect(requestTidying(tenant.id, tenant.slug, 'test')).rejects.toBeInstanceOf(NoSuchMove)
})

test('the same on a way back from the server that went away', async () => {
  const there = await driven(await toElsewhere())
  const back = await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'), 'verified')
  await fence(await otherDatabase(there), 20)
  await dies(back.source)
  await endsWithout(back)
  expect(await readMove(there.id)).toMatchObject({ state: 'switched' })
  await revive?.()
  await requestTidying(tenant.id, tenant.slug, 'test')
  expect(await readMove(there.id)).toMatchObject({ state: 'rolling_back' })
  expect(await driven(back)).toMatchObject({ state: 'aborted', abandonBy: null })
  expect(await readMove(there.id)).toMatchObject({ state: 'switched' })
  forgetPlacement(tenant.id)
  await add()
  const before = await fingerprint(tenant.id)
  await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'))
  forgetPlacement(tenant.id)
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'shared' })
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test.each([['by itself', async () => {}], ['given up', () => requestAbort(tenant.id, tenant.slug, 'test')]] as const)('a source that dies when its target has opened is not needed any more: the move goes on, %s', async (_, ask) => {
  const move = await homeFrom('verified')
  const before = await fingerprint(tenant.id)
  await fence(await otherSource(move), 0)
  await connected(mainAdmin(), (client) => client.query(`update tenancy.residents set state = 'active', epoch = $2 where tenant_id = $1`, [tenant.id, move.source.epoch + 1]))
  await dies(move.source)
  await ask()
  expect(await driven(move)).toMatchObject({ state: 'switched', abortBy: null, abandonBy: null })
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'shared', epoch: move.source.epoch + 1 })
  expect(await fingerprint(tenant.id)).toEqual(before)
  await add()
  // the old place comes back: nobody gets in there, and the way back is open
  await revive?.()
  await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'))
  forgetPlacement(tenant.id)
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'database' })
  await add()
})

test('a target that was left behind, and comes back: tidying up takes away what is there', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await dies(move.target)
  await endsWithout(move)
  await revive?.()
  expect(await leftAt(move.target, tenant.id)).toBe(1)
  await requestTidying(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted', abandonBy: null })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
  await add()
})

test('a source that is gone for good may be given up more than once, whatever is left of the target', async () => {
  expect(await driven(await requestMove({ ...(await requestTo('elsewhere', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
  const move = await driven(await requestMove({ tenantId: tenant.id, to: 'database', databaseUrl: mainAdmin(), actor: 'test', reason: 'test' }), 'copied')
  await dies(move.source)
  await endsWithout(move)
  await requestTidying(tenant.id, tenant.slug, 'test')
  await expect(driven(move)).rejects.toThrow(refused)
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted', abandonBy: 'test' })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
})

test('the old copy stays while the new place does not answer, until an operator says otherwise; back after all, it is moved like any other', async () => {
  const move = await driven(await requestMove({ ...(await requestTo('elsewhere', tenant.id)), graceHours: 0 }), 'switched')
  await dies(move.target)
  await expect(driven(move)).rejects.toThrow(refused)
  expect(await readMove(move.id)).toMatchObject({ state: 'confirmed' })
  expect(await leftAt(move.source, tenant.id)).toBeGreaterThan(0)
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'cleaned' })
  expect(await leftAt(move.source, tenant.id)).toBe(0)
  await revive?.()
  await requestTidying(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'cleaned', abandonBy: null })
  expect(await stateAt(await otherDatabase(move))).toEqual({ state: 'active', move: null })
  expect(await driven(await requestMove({ ...(await requestTo('shared', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
  await add()
})

const confirmedSince = (['shared', 'database'] as const).flatMap((home) => [[home, 'waits'], [home, 'is abandoned as well']] as const)
test.each(confirmedSince)('a way back to %s that was abandoned with its source is tidied up although the first move was confirmed since, and %s', async (home, how) => {
  if (home !== 'shared') await driven(await requestMove({ tenantId: tenant.id, to: home, databaseUrl: mainAdmin(), actor: 'test', reason: 'test', graceHours: 0 }))
  const there = await driven(await toElsewhere())
  const back = await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'), 'verified')
  await fence(await otherDatabase(there), 20)
  await dies(back.source)
  await endsWithout(back)
  await requestConfirm(tenant.id, tenant.slug, 'test')
  await expect(driven(there)).rejects.toThrow(refused)
  if (how === 'is abandoned as well') {
    await requestAbandon(tenant.id, tenant.slug, 'test')
    await driven(there)
  }
  await revive?.()
  await requestTidying(tenant.id, tenant.slug, 'test')
  await driven(back)
  expect(await readMove(back.id)).toMatchObject({ state: 'aborted', abandonBy: null })
  await driven(there)
  expect(await readMove(there.id)).toMatchObject({ state: 'cleaned' })
  forgetPlacement(tenant.id)
  await add()
  expect(await driven(await requestMove({ ...(await requestTo('shared', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
})

test('what an abandoned move has left somewhere is on the receipt when the tenant is erased', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await dies(move.target)
  await endsWithout(move)
  let receipt: Receipt = {}
  await forgetTenant(tenant.id, async (told) => void (receipt = told))
  expect(receipt).toMatchObject({ tenants: 1, [`left behind: 127.0.0.1:1/${move.target.database}, schema ${move.target.schema}`]: 1 })
})

test('where the registry says that a tenant lives, nothing of it is taken away', async () => {
  const move = await driven(await requestMove(await requestTo('schema', tenant.id)), 'copied')
  const { schema, login, secret } = move.target
  await platform().update(placements).set({ kind: 'schema', schema, login, secret }).where(eq(placements.tenantId, tenant.id))
  await requestAbort(tenant.id, tenant.slug, 'test')
  await expect(driven(move)).rejects.toThrow(`lives in main, schema ${schema}, so nothing of it is taken away`)
  expect(await leftAt(move.target, tenant.id)).toBe(1)
  await platform().update(placements).set({ kind: 'shared', schema: 'shared', login: null, secret: null }).where(eq(placements.tenantId, tenant.id))
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
})

test('a target that opened and then went away stays shut when it comes back, and is taken away', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await fence(mainAdmin(), 20)
  await connected(await otherDatabase(move), (client) => client.query(`update tenancy.residents set state = 'active', epoch = 2 where tenant_id = $1`, [tenant.id]))
  await dies(move.target)
  await expect(driven(move)).rejects.toThrow(refused)
  await add()
  await revive?.()
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
  forgetPlacement(tenant.id)
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
})

/** From the other server to here, and on the way back, behind the fence, the other one opens and dies. */
async function backToOneThatDies(): Promise<{ home: Move; back: Move }> {
  expect(await driven(await requestMove({ ...(await requestTo('elsewhere', tenant.id)), graceHours: 0 }))).toMatchObject({ state: 'cleaned' })
  const home = await driven(await requestMove(await requestTo('shared', tenant.id)))
  const back = await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'), 'verified')
  await fence(mainAdmin(), 20)
  await connected(await otherDatabase(back), (client) => client.query(`update tenancy.residents set state = 'active', epoch = epoch + 1 where tenant_id = $1`, [tenant.id]))
  await dies(back.target)
  await expect(driven(back)).rejects.toThrow(refused)
  return { home, back }
}

test('a way back whose target opened and went away can be asked for again', async () => {
  const { home, back } = await backToOneThatDies()
  await add()
  await revive?.()
  expect(await driven(back)).toMatchObject({ state: 'aborted' })
  expect(await readMove(home.id)).toMatchObject({ state: 'switched' })
  expect(await stateAt(await otherDatabase(back))).toEqual({ state: 'aborted', move: home.id })
  const again = await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'))
  expect(again).toMatchObject({ state: expect.stringMatching(/switched|cleaned/) as unknown })
  forgetPlacement(tenant.id)
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'database' })
})

test('a way back that was abandoned can be asked for again when its server is there after all', async () => {
  const { home, back } = await backToOneThatDies()
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(back)).toMatchObject({ state: 'aborted' })
  expect(await readMove(home.id)).toMatchObject({ state: 'switched' })
  await add()
  await revive?.()
  const before = await fingerprint(tenant.id)
  await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'))
  forgetPlacement(tenant.id)
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'database' })
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test('an old place on a server that is gone is left there when an operator says so, and not before', async () => {
  const there = await driven(await requestMove({ ...(await requestTo('elsewhere', tenant.id)), graceHours: 0 }))
  const home = await driven(await requestMove(await requestTo('shared', tenant.id)))
  await dies(there.target)
  await expect(requestAbandon(tenant.id, tenant.slug, 'test')).rejects.toBeInstanceOf(NoSuchMove)
  await requestConfirm(tenant.id, tenant.slug, 'test')
  await expect(driven(home)).rejects.toThrow(refused)
  await requestAbandon(tenant.id, tenant.slug, 'test')
  expect(await driven(home)).toMatchObject({ state: 'cleaned' })
  expect(await stateAt(mainAdmin())).toEqual({ state: 'active', move: null })
  expect((await latestMove(tenant.id))?.abandonBy).toBe('test')
})

test('what is on the main server is not left: it answers, or nothing does', async () => {
  const move = await driven(await requestMove(await requestTo('schema', tenant.id)))
  await requestConfirm(tenant.id, tenant.slug, 'test')
  await expect(requestAbandon(tenant.id, tenant.slug, 'test')).rejects.toBeInstanceOf(NoSuchMove)
  expect(await driven(move)).toMatchObject({ state: 'cleaned' })
})
