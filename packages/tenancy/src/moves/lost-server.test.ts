import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { MoveActionRefused, TenantStillThere } from '#tenancy/moves/errors'
import { eraseTenant, type Receipt } from '#tenancy/data/erase/erase-tenant'
import { latestMove, readEvents, readMove, type Move } from '#tenancy/moves/move-store'
import {
  requestForceFinish,
  requestAbort,
  requestConfirm,
  requestResume,
} from '#tenancy/moves/move-actions'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import {
  addNote,
  restoreServer,
  databaseUrlOf,
  loseServer,
  forceFinish,
  fence,
  moveTo,
  startMoveHome,
  connectionRefused,
  refuseLogins,
  homeStateAt,
  tenant,
  moveToOtherServer,
  withTenants,
} from '#tenancy/testing/moves/lost-server'
import {
  actionOn,
  perform,
  fingerprint,
  remainingAt,
  mainAdmin,
  countRemaining,
  requestTo,
} from '#tenancy/testing/moves/fixture'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { placements } from '#tenancy/base/schema'

// Servers that are lost for good: moves end or continue without them.
withTenants()

test('a fenced tenant waits for its target, is reopened in its source if the target stays down, and an operator can force-finish the move', async () => {
  const before = await fingerprint(tenant.id)
  const move = await perform(await moveToOtherServer(), 'verified')
  await fence(mainAdmin(), 5)
  await loseServer(move.target)
  await expect(perform(move)).rejects.toMatchObject(connectionRefused)
  expect(await readMove(tenancy(), move.id)).toMatchObject({
    state: 'verified',
    retryError: expect.any(String) as unknown,
  })

  await withConnection(mainAdmin(), (client) =>
    client.query(
      `update tenancy.tenant_homes set changed_at = changed_at - interval '15 s' where tenant_id = $1`,
      [tenant.id],
    ),
  )
  await expect(perform(move)).rejects.toMatchObject(connectionRefused)
  expect(await readMove(tenancy(), move.id)).toMatchObject({
    state: 'aborting',
    error: expect.any(String) as unknown,
  })
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
  expect(await fingerprint(tenant.id)).toEqual(before)
  await addNote()
  // a worker that still runs this move can no longer switch the registry
  await expect(
    withConnection(mainAdmin(), (client) =>
      client.query('select tenancy.record_switch($1, 2)', [move.id]),
    ),
  ).rejects.toMatchObject({ code: 'TN410' })

  await requestForceFinish(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted' })
  expect(await readEvents(tenancy(), move.id)).toContainEqual(
    expect.objectContaining({ event: 'orphaned', side: 'target' }),
  )
  expect(await homeStateAt(mainAdmin())).toEqual({ state: 'active', move: null })
  expect(await moveTo('schema')).toMatchObject({ state: 'cleaned' })
})

test('a target that refuses the login of the worker counts as unreachable: the tenant is reopened in its source', async () => {
  const move = await perform(await moveToOtherServer(), 'verified')
  await fence(mainAdmin(), 20)
  await refuseLogins(move.target)
  await expect(perform(move)).rejects.toMatchObject({ code: '28P01' })
  await addNote()
  await requestForceFinish(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted' })
  expect(await homeStateAt(mainAdmin())).toEqual({ state: 'active', move: null })
})

test('a move whose source is lost before the switch ends once an operator force-finishes it', async () => {
  const move = await startMoveHome('copied')
  await loseServer(move.source)
  await forceFinish(move)
  expect(await homeStateAt(mainAdmin())).toEqual({ state: 'aborted', move: null })
  expect(await countRemaining(mainAdmin(), 'shared', tenant.id)).toBe(0)
})

test.each([
  ['by itself', async () => {}],
  ['even if an operator aborts it', () => requestAbort(tenancy(), actionOn(tenant))],
] as const)(
  'a source lost after its target has opened is not needed: the move continues, %s',
  async (_, ask) => {
    const move = await startMoveHome('verified')
    const before = await fingerprint(tenant.id)
    await fence(await databaseUrlOf(move.source), 0)
    await withConnection(mainAdmin(), (client) =>
      client.query(
        `update tenancy.tenant_homes set state = 'active', epoch = $2 where tenant_id = $1`,
        [tenant.id, move.source.epoch + 1],
      ),
    )
    await loseServer(move.source)
    await ask()
    expect(await perform(move)).toMatchObject({
      state: 'switched',
      abortBy: null,
      forceFinishBy: null,
    })
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({
      kind: 'shared',
      epoch: move.source.epoch + 1,
    })
    expect(await fingerprint(tenant.id)).toEqual(before)
    await addNote()
    // the old server comes back: its copy admits no transaction, and a rollback is possible
    await restoreServer()
    await perform(await requestRollback(tenancy(), actionOn(tenant)))
    forgetPlacement(tenancy(), tenant.id)
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
    await addNote()
  },
)

test('the old copy stays while the target cannot be reached, until an operator force-finishes the move; a resumed tenant can move again', async () => {
  const move = await perform(
    await requestMove(tenancy(), {
      ...(await requestTo('other-server', tenant.id)),
      graceHours: 0,
    }),
    'switched',
  )
  await loseServer(move.target)
  await expect(perform(move)).rejects.toMatchObject(connectionRefused)
  expect(await readMove(tenancy(), move.id)).toMatchObject({ state: 'confirmed' })
  expect(await remainingAt(move.source, tenant.id)).toBeGreaterThan(0)
  await requestForceFinish(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'cleaned' })
  expect(await remainingAt(move.source, tenant.id)).toBe(0)
  await restoreServer()
  await requestResume(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'cleaned', forceFinishBy: null })
  expect(await homeStateAt(await databaseUrlOf(move.target))).toEqual({
    state: 'active',
    move: null,
  })
  expect(await moveTo('shared')).toMatchObject({ state: 'cleaned' })
  await addNote()
})

test('the receipt of an erasure lists the copies that force-finished moves orphaned', async () => {
  const move = await perform(await moveToOtherServer(), 'verified')
  await loseServer(move.target)
  await forceFinish(move)
  let receipt: Receipt = {}
  await eraseTenant(tenancy(), tenant.id, async (told) => void (receipt = told))
  expect(receipt).toMatchObject({
    tenants: 1,
    [`orphaned copy: 127.0.0.1:1/${move.target.database}, schema ${move.target.schema}`]: 1,
  })
})

test('nothing is removed in the location that the registry has for the tenant', async () => {
  const move = await perform(
    await requestMove(tenancy(), await requestTo('schema', tenant.id)),
    'copied',
  )
  const { schema, login, secret } = move.target
  await platform()
    .update(placements)
    .set({ kind: 'schema', schema, login, secret })
    .where(eq(placements.tenantId, tenant.id))
  await requestAbort(tenancy(), actionOn(tenant))
  await expect(perform(move)).rejects.toBeInstanceOf(TenantStillThere)
  expect(await remainingAt(move.target, tenant.id)).toBe(1)
  await platform()
    .update(placements)
    .set({ kind: 'shared', schema: 'shared', login: null, secret: null })
    .where(eq(placements.tenantId, tenant.id))
  expect(await perform(move)).toMatchObject({ state: 'aborted' })
  expect(await remainingAt(move.target, tenant.id)).toBe(0)
})

test('a target that opened and was then lost stays closed when it comes back, and is removed', async () => {
  const move = await perform(await moveToOtherServer(), 'verified')
  await fence(mainAdmin(), 20)
  await withConnection(await databaseUrlOf(move.target), (client) =>
    client.query(
      `update tenancy.tenant_homes set state = 'active', epoch = 2 where tenant_id = $1`,
      [tenant.id],
    ),
  )
  await loseServer(move.target)
  await expect(perform(move)).rejects.toMatchObject(connectionRefused)
  await addNote()
  await restoreServer()
  expect(await perform(move)).toMatchObject({ state: 'aborted' })
  expect(await remainingAt(move.target, tenant.id)).toBe(0)
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
})

/** A rollback to another server, whose target opens after the fence and is lost. */
async function backToOneThatDies(): Promise<{ home: Move; back: Move }> {
  expect(await moveTo('other-server')).toMatchObject({ state: 'cleaned' })
  const home = await perform(await requestMove(tenancy(), await requestTo('shared', tenant.id)))
  const back = await perform(await requestRollback(tenancy(), actionOn(tenant)), 'verified')
  await fence(mainAdmin(), 20)
  await withConnection(await databaseUrlOf(back.target), (client) =>
    client.query(
      `update tenancy.tenant_homes set state = 'active', epoch = epoch + 1 where tenant_id = $1`,
      [tenant.id],
    ),
  )
  await loseServer(back.target)
  await expect(perform(back)).rejects.toMatchObject(connectionRefused)
  return { home, back }
}

test('a rollback whose target opened and was lost can be requested again', async () => {
  const { home, back } = await backToOneThatDies()
  await addNote()
  await restoreServer()
  expect(await perform(back)).toMatchObject({ state: 'aborted' })
  expect(await readMove(tenancy(), home.id)).toMatchObject({ state: 'switched' })
  expect(await homeStateAt(await databaseUrlOf(back.target))).toEqual({
    state: 'aborted',
    move: home.id,
  })
  const again = await perform(await requestRollback(tenancy(), actionOn(tenant)))
  expect(again).toMatchObject({ state: expect.stringMatching(/switched|cleaned/) as unknown })
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
})

test('a force-finished rollback can be requested again when its server is back', async () => {
  const { home, back } = await backToOneThatDies()
  await requestForceFinish(tenancy(), actionOn(tenant))
  expect(await perform(back)).toMatchObject({ state: 'aborted' })
  expect(await readMove(tenancy(), home.id)).toMatchObject({ state: 'switched' })
  await addNote()
  await restoreServer()
  const before = await fingerprint(tenant.id)
  await perform(await requestRollback(tenancy(), actionOn(tenant)))
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test('an old copy on a lost server is orphaned when an operator force-finishes the move, and not before', async () => {
  const there = await moveTo('other-server')
  const home = await perform(await requestMove(tenancy(), await requestTo('shared', tenant.id)))
  await loseServer(there.target)
  await expect(requestForceFinish(tenancy(), actionOn(tenant))).rejects.toBeInstanceOf(
    MoveActionRefused,
  )
  await requestConfirm(tenancy(), actionOn(tenant))
  await expect(perform(home)).rejects.toMatchObject(connectionRefused)
  await requestForceFinish(tenancy(), actionOn(tenant))
  expect(await perform(home)).toMatchObject({ state: 'cleaned' })
  expect(await homeStateAt(mainAdmin())).toEqual({ state: 'active', move: null })
  expect((await latestMove(tenancy(), tenant.id))?.forceFinishBy).toBe('test')
})

test('a move within the main server cannot be force-finished', async () => {
  const move = await perform(await requestMove(tenancy(), await requestTo('schema', tenant.id)))
  await requestConfirm(tenancy(), actionOn(tenant))
  await expect(requestForceFinish(tenancy(), actionOn(tenant))).rejects.toBeInstanceOf(
    MoveActionRefused,
  )
  expect(await perform(move)).toMatchObject({ state: 'cleaned' })
})
