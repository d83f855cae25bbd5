import { expect, test } from 'vitest'
import { MoveActionRefused } from '#tenancy/moves/errors'
import { readMove } from '#tenancy/moves/move-store'
import { requestForceFinish, requestConfirm, requestResume } from '#tenancy/moves/move-actions'
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
  requestTo,
} from '#tenancy/testing/moves/fixture'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// A force-finished move is resumed once its server is back.
withTenants()

test('resuming a move whose source was lost before the switch lets the tenant move again', async () => {
  const move = await startMoveHome('copied')
  await loseServer(move.source)
  await forceFinish(move)
  await restoreServer()
  // an aborted move in between does not hide the force-finished one
  expect(
    await perform(await requestMove(tenancy(), await requestTo('schema', tenant.id))),
  ).toMatchObject({
    state: 'aborted',
  })
  await requestResume(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  expect(await homeStateAt(await databaseUrlOf(move.source))).toEqual({
    state: 'active',
    move: null,
  })
  await addNote()
  expect(await moveTo('schema')).toMatchObject({ state: 'cleaned' })
})

test('resuming a move whose source was lost after the fence reopens the tenant there', async () => {
  const move = await startMoveHome('verified')
  const before = await fingerprint(tenant.id)
  await fence(await databaseUrlOf(move.source), 20)
  await loseServer(move.source)
  await forceFinish(move)
  await restoreServer()
  await expect(addNote()).rejects.toThrow()
  await requestResume(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
  expect(await fingerprint(tenant.id)).toEqual(before)
  await addNote()
  expect(await moveTo('schema')).toMatchObject({ state: 'cleaned' })
  await expect(requestResume(tenancy(), actionOn(tenant))).rejects.toBeInstanceOf(MoveActionRefused)
})

test('resuming a rollback whose source was lost after the fence makes the first move live again', async () => {
  const there = await perform(await moveToOtherServer())
  const back = await perform(await requestRollback(tenancy(), actionOn(tenant)), 'verified')
  await fence(await databaseUrlOf(there.target), 20)
  await loseServer(back.source)
  await forceFinish(back)
  expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'switched' })
  await restoreServer()
  await requestResume(tenancy(), actionOn(tenant))
  expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'rolling_back' })
  expect(await perform(back)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'switched' })
  forgetPlacement(tenancy(), tenant.id)
  await addNote()
  const before = await fingerprint(tenant.id)
  await perform(await requestRollback(tenancy(), actionOn(tenant)))
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test('resuming a move whose target was lost removes the orphaned copy', async () => {
  const move = await perform(await moveToOtherServer(), 'verified')
  await loseServer(move.target)
  await forceFinish(move)
  await restoreServer()
  expect(await remainingAt(move.target, tenant.id)).toBe(1)
  await requestResume(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  expect(await remainingAt(move.target, tenant.id)).toBe(0)
  await addNote()
})

test('a move whose source is lost can be force-finished again after it was resumed', async () => {
  expect(await moveTo('other-server')).toMatchObject({ state: 'cleaned' })
  const move = await perform(
    await requestMove(tenancy(), {
      tenantId: tenant.id,
      to: 'database',
      databaseUrl: mainAdmin(),
      actor: 'test',
      reason: 'test',
    }),
    'copied',
  )
  await loseServer(move.source)
  await forceFinish(move)
  await requestResume(tenancy(), actionOn(tenant))
  await expect(perform(move)).rejects.toMatchObject(connectionRefused)
  await requestForceFinish(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted', forceFinishBy: 'test' })
  expect(await remainingAt(move.target, tenant.id)).toBe(0)
})

const confirmedSince = (['shared', 'database'] as const).flatMap(
  (home) =>
    [
      [home, 'the first waits'],
      [home, 'the first is force-finished too'],
    ] as const,
)
test.each(confirmedSince)(
  'a force-finished rollback to %s can be resumed after the first move was confirmed, while %s',
  async (home, how) => {
    if (home !== 'shared')
      await perform(
        await requestMove(tenancy(), {
          tenantId: tenant.id,
          to: home,
          databaseUrl: mainAdmin(),
          actor: 'test',
          reason: 'test',
          graceHours: 0,
        }),
      )
    const there = await perform(await moveToOtherServer())
    const back = await perform(await requestRollback(tenancy(), actionOn(tenant)), 'verified')
    await fence(await databaseUrlOf(there.target), 20)
    await loseServer(back.source)
    await forceFinish(back)
    await requestConfirm(tenancy(), actionOn(tenant))
    await expect(perform(there)).rejects.toMatchObject(connectionRefused)
    if (how === 'the first is force-finished too') {
      await requestForceFinish(tenancy(), actionOn(tenant))
      await perform(there)
    }
    await restoreServer()
    await requestResume(tenancy(), actionOn(tenant))
    await perform(back)
    expect(await readMove(tenancy(), back.id)).toMatchObject({
      state: 'aborted',
      forceFinishBy: null,
    })
    await perform(there)
    expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'cleaned' })
    forgetPlacement(tenancy(), tenant.id)
    await addNote()
    expect(await moveTo('shared')).toMatchObject({ state: 'cleaned' })
  },
)
