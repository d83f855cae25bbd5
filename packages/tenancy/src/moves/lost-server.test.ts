import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { MoveActionRefused } from '#tenancy/moves/errors'
import { forgetTenant, type Receipt } from '#tenancy/data/erase/forget'
import { latestMove, readEvents, readMove, type Move } from '#tenancy/moves/move-store'
import {
  requestForceFinish,
  requestAbort,
  requestConfirm,
  requestResume,
} from '#tenancy/moves/move-actions'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import {
  add,
  comesBack,
  databaseOf,
  dies,
  endsWithout,
  fence,
  goTo,
  homeFrom,
  refused,
  refuses,
  stateAt,
  tenant,
  toElsewhere,
  withTenants,
} from '#tenancy/testing/moves/gone-server'
import {
  driven,
  fingerprint,
  leftAt,
  mainAdmin,
  remains,
  requestTo,
} from '#tenancy/testing/moves/world'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { placements } from '#tenancy/base/schema'

// Servers that die for good: moves end, or go on, without them.
withTenants()

test('a tenant in neither place waits for its target, goes back when that stays away, and an operator lets the move end', async () => {
  const before = await fingerprint(tenant.id)
  const move = await driven(await toElsewhere(), 'verified')
  await fence(mainAdmin(), 5)
  await dies(move.target)
  await expect(driven(move)).rejects.toThrow(refused)
  expect(await readMove(tenancy(), move.id)).toMatchObject({
    state: 'verified',
    retryError: expect.stringMatching(refused) as unknown,
  })

  await withConnection(mainAdmin(), (client) =>
    client.query(
      `update tenancy.tenant_homes set changed_at = changed_at - interval '15 s' where tenant_id = $1`,
      [tenant.id],
    ),
  )
  await expect(driven(move)).rejects.toThrow(refused)
  expect(await readMove(tenancy(), move.id)).toMatchObject({
    state: 'aborting',
    error: expect.stringMatching(
      /^the target does not open \(connect ECONNREFUSED .*\); the tenant goes back to its place$/,
    ) as unknown,
  })
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
  expect(await fingerprint(tenant.id)).toEqual(before)
  await add()
  // somebody who still holds this move as his cannot lead anybody there any more
  await expect(
    withConnection(mainAdmin(), (client) =>
      client.query('select tenancy.record_switch($1, 2)', [move.id]),
    ),
  ).rejects.toThrow('was aborted')

  await requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await readEvents(tenancy(), move.id)).toContainEqual(
    expect.objectContaining({ event: 'orphaned', side: 'target' }),
  )
  expect(await stateAt(mainAdmin())).toEqual({ state: 'active', move: null })
  expect(await goTo('schema')).toMatchObject({ state: 'cleaned' })
})

test('a target that refuses its worker is as good as gone: the tenant goes back', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await fence(mainAdmin(), 20)
  await refuses(move.target)
  await expect(driven(move)).rejects.toThrow('password authentication failed')
  await add()
  await requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await stateAt(mainAdmin())).toEqual({ state: 'active', move: null })
})

test('a source that is gone for good before the switch: the move ends when an operator says so', async () => {
  const move = await homeFrom('copied')
  await dies(move.source)
  await endsWithout(move)
  expect(await stateAt(mainAdmin())).toEqual({ state: 'aborted', move: null })
  expect(await remains(mainAdmin(), 'shared', tenant.id)).toBe(0)
})

test.each([
  ['by itself', async () => {}],
  [
    'given up',
    () => requestAbort(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' }),
  ],
] as const)(
  'a source that dies when its target has opened is not needed any more: the move goes on, %s',
  async (_, ask) => {
    const move = await homeFrom('verified')
    const before = await fingerprint(tenant.id)
    await fence(await databaseOf(move.source), 0)
    await withConnection(mainAdmin(), (client) =>
      client.query(
        `update tenancy.tenant_homes set state = 'active', epoch = $2 where tenant_id = $1`,
        [tenant.id, move.source.epoch + 1],
      ),
    )
    await dies(move.source)
    await ask()
    expect(await driven(move)).toMatchObject({
      state: 'switched',
      abortBy: null,
      forceFinishBy: null,
    })
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({
      kind: 'shared',
      epoch: move.source.epoch + 1,
    })
    expect(await fingerprint(tenant.id)).toEqual(before)
    await add()
    // the old place comes back: nobody gets in there, and the way back is open
    await comesBack()
    await driven(
      await requestRollback(tenancy(), {
        tenantId: tenant.id,
        slug: tenant.slug,
        actor: 'test',
        reason: 'test',
      }),
    )
    forgetPlacement(tenancy(), tenant.id)
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
    await add()
  },
)

test('the old copy stays while the new place does not answer, until an operator says otherwise; back after all, it is moved like any other', async () => {
  const move = await driven(
    await requestMove(tenancy(), { ...(await requestTo('elsewhere', tenant.id)), graceHours: 0 }),
    'switched',
  )
  await dies(move.target)
  await expect(driven(move)).rejects.toThrow(refused)
  expect(await readMove(tenancy(), move.id)).toMatchObject({ state: 'confirmed' })
  expect(await leftAt(move.source, tenant.id)).toBeGreaterThan(0)
  await requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'cleaned' })
  expect(await leftAt(move.source, tenant.id)).toBe(0)
  await comesBack()
  await requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'cleaned', forceFinishBy: null })
  expect(await stateAt(await databaseOf(move.target))).toEqual({ state: 'active', move: null })
  expect(await goTo('shared')).toMatchObject({ state: 'cleaned' })
  await add()
})

test('what an abandoned move has left somewhere is on the receipt when the tenant is erased', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await dies(move.target)
  await endsWithout(move)
  let receipt: Receipt = {}
  await forgetTenant(tenancy(), tenant.id, async (told) => void (receipt = told))
  expect(receipt).toMatchObject({
    tenants: 1,
    [`orphaned copy: 127.0.0.1:1/${move.target.database}, schema ${move.target.schema}`]: 1,
  })
})

test('where the registry says that a tenant lives, nothing of it is taken away', async () => {
  const move = await driven(
    await requestMove(tenancy(), await requestTo('schema', tenant.id)),
    'copied',
  )
  const { schema, login, secret } = move.target
  await platform()
    .update(placements)
    .set({ kind: 'schema', schema, login, secret })
    .where(eq(placements.tenantId, tenant.id))
  await requestAbort(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  await expect(driven(move)).rejects.toThrow(
    `lives in main, schema ${schema}, so nothing of it is taken away`,
  )
  expect(await leftAt(move.target, tenant.id)).toBe(1)
  await platform()
    .update(placements)
    .set({ kind: 'shared', schema: 'shared', login: null, secret: null })
    .where(eq(placements.tenantId, tenant.id))
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
})

test('a target that opened and then went away stays shut when it comes back, and is taken away', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await fence(mainAdmin(), 20)
  await withConnection(await databaseOf(move.target), (client) =>
    client.query(
      `update tenancy.tenant_homes set state = 'active', epoch = 2 where tenant_id = $1`,
      [tenant.id],
    ),
  )
  await dies(move.target)
  await expect(driven(move)).rejects.toThrow(refused)
  await add()
  await comesBack()
  expect(await driven(move)).toMatchObject({ state: 'aborted' })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
})

/**
 * From the other server to here, and on the way back, behind the fence, the other one opens and
 * dies.
 */
async function backToOneThatDies(): Promise<{ home: Move; back: Move }> {
  expect(await goTo('elsewhere')).toMatchObject({ state: 'cleaned' })
  const home = await driven(await requestMove(tenancy(), await requestTo('shared', tenant.id)))
  const back = await driven(
    await requestRollback(tenancy(), {
      tenantId: tenant.id,
      slug: tenant.slug,
      actor: 'test',
      reason: 'test',
    }),
    'verified',
  )
  await fence(mainAdmin(), 20)
  await withConnection(await databaseOf(back.target), (client) =>
    client.query(
      `update tenancy.tenant_homes set state = 'active', epoch = epoch + 1 where tenant_id = $1`,
      [tenant.id],
    ),
  )
  await dies(back.target)
  await expect(driven(back)).rejects.toThrow(refused)
  return { home, back }
}

test('a way back whose target opened and went away can be asked for again', async () => {
  const { home, back } = await backToOneThatDies()
  await add()
  await comesBack()
  expect(await driven(back)).toMatchObject({ state: 'aborted' })
  expect(await readMove(tenancy(), home.id)).toMatchObject({ state: 'switched' })
  expect(await stateAt(await databaseOf(back.target))).toEqual({ state: 'aborted', move: home.id })
  const again = await driven(
    await requestRollback(tenancy(), {
      tenantId: tenant.id,
      slug: tenant.slug,
      actor: 'test',
      reason: 'test',
    }),
  )
  expect(again).toMatchObject({ state: expect.stringMatching(/switched|cleaned/) as unknown })
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
})

test('a way back that was abandoned can be asked for again when its server is there after all', async () => {
  const { home, back } = await backToOneThatDies()
  await requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(back)).toMatchObject({ state: 'aborted' })
  expect(await readMove(tenancy(), home.id)).toMatchObject({ state: 'switched' })
  await add()
  await comesBack()
  const before = await fingerprint(tenant.id)
  await driven(
    await requestRollback(tenancy(), {
      tenantId: tenant.id,
      slug: tenant.slug,
      actor: 'test',
      reason: 'test',
    }),
  )
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test('an old place on a server that is gone is left there when an operator says so, and not before', async () => {
  const there = await goTo('elsewhere')
  const home = await driven(await requestMove(tenancy(), await requestTo('shared', tenant.id)))
  await dies(there.target)
  await expect(
    requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' }),
  ).rejects.toBeInstanceOf(MoveActionRefused)
  await requestConfirm(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  await expect(driven(home)).rejects.toThrow(refused)
  await requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(home)).toMatchObject({ state: 'cleaned' })
  expect(await stateAt(mainAdmin())).toEqual({ state: 'active', move: null })
  expect((await latestMove(tenancy(), tenant.id))?.forceFinishBy).toBe('test')
})

test('what is on the main server is not left: it answers, or nothing does', async () => {
  const move = await driven(await requestMove(tenancy(), await requestTo('schema', tenant.id)))
  await requestConfirm(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  await expect(
    requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' }),
  ).rejects.toBeInstanceOf(MoveActionRefused)
  expect(await driven(move)).toMatchObject({ state: 'cleaned' })
})
