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
} from '#tenancy/testing/moves/world'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// An abandoned move is taken up once more when its server is there again.
withTenants()

test('a source that was given up before the switch, and comes back: tidying up leaves the tenant free to move', async () => {
  const move = await startMoveHome('copied')
  await loseServer(move.source)
  await forceFinish(move)
  await restoreServer()
  // a move that comes to nothing in between does not hide what is left
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

test('a source that is given up behind the fence, and comes back: tidying up lets the tenant in again', async () => {
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

test('the same on a way back from the server that went away', async () => {
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

test('a target that was left behind, and comes back: tidying up takes away what is there', async () => {
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

test('a source that is gone for good may be given up more than once, whatever is left of the target', async () => {
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
      [home, 'waits'],
      [home, 'is abandoned as well'],
    ] as const,
)
test.each(confirmedSince)(
  'a way back to %s that was abandoned with its source is tidied up although the first move was confirmed since, and %s',
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
    if (how === 'is abandoned as well') {
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
