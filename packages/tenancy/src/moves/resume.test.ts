import { expect, test } from 'vitest'
import { MoveActionRefused } from '#tenancy/moves/errors'
import { readMove } from '#tenancy/moves/move-store'
import { requestForceFinish, requestConfirm, requestResume } from '#tenancy/moves/move-actions'
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
  stateAt,
  tenant,
  toElsewhere,
  withTenants,
} from '#tenancy/testing/moves/gone-server'
import { driven, fingerprint, leftAt, mainAdmin, requestTo } from '#tenancy/testing/moves/world'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// An abandoned move is taken up once more when its server is there again.
withTenants()

test('a source that was given up before the switch, and comes back: tidying up leaves the tenant free to move', async () => {
  const move = await homeFrom('copied')
  await dies(move.source)
  await endsWithout(move)
  await comesBack()
  // a move that comes to nothing in between does not hide what is left
  expect(
    await driven(await requestMove(tenancy(), await requestTo('schema', tenant.id))),
  ).toMatchObject({
    state: 'aborted',
  })
  await requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  expect(await stateAt(await databaseOf(move.source))).toEqual({ state: 'active', move: null })
  await add()
  expect(await goTo('schema')).toMatchObject({ state: 'cleaned' })
})

test('a source that is given up behind the fence, and comes back: tidying up lets the tenant in again', async () => {
  const move = await homeFrom('verified')
  const before = await fingerprint(tenant.id)
  await fence(await databaseOf(move.source), 20)
  await dies(move.source)
  await endsWithout(move)
  await comesBack()
  await expect(add()).rejects.toThrow()
  await requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  forgetPlacement(tenancy(), tenant.id)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database' })
  expect(await fingerprint(tenant.id)).toEqual(before)
  await add()
  expect(await goTo('schema')).toMatchObject({ state: 'cleaned' })
  await expect(
    requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' }),
  ).rejects.toBeInstanceOf(MoveActionRefused)
})

test('the same on a way back from the server that went away', async () => {
  const there = await driven(await toElsewhere())
  const back = await driven(
    await requestRollback(tenancy(), {
      tenantId: tenant.id,
      slug: tenant.slug,
      actor: 'test',
      reason: 'test',
    }),
    'verified',
  )
  await fence(await databaseOf(there.target), 20)
  await dies(back.source)
  await endsWithout(back)
  expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'switched' })
  await comesBack()
  await requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'rolling_back' })
  expect(await driven(back)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'switched' })
  forgetPlacement(tenancy(), tenant.id)
  await add()
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
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test('a target that was left behind, and comes back: tidying up takes away what is there', async () => {
  const move = await driven(await toElsewhere(), 'verified')
  await dies(move.target)
  await endsWithout(move)
  await comesBack()
  expect(await leftAt(move.target, tenant.id)).toBe(1)
  await requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'aborted', forceFinishBy: null })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
  await add()
})

test('a source that is gone for good may be given up more than once, whatever is left of the target', async () => {
  expect(await goTo('elsewhere')).toMatchObject({ state: 'cleaned' })
  const move = await driven(
    await requestMove(tenancy(), {
      tenantId: tenant.id,
      to: 'database',
      databaseUrl: mainAdmin(),
      actor: 'test',
      reason: 'test',
    }),
    'copied',
  )
  await dies(move.source)
  await endsWithout(move)
  await requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  await expect(driven(move)).rejects.toThrow(refused)
  await requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
  expect(await driven(move)).toMatchObject({ state: 'aborted', forceFinishBy: 'test' })
  expect(await leftAt(move.target, tenant.id)).toBe(0)
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
      await driven(
        await requestMove(tenancy(), {
          tenantId: tenant.id,
          to: home,
          databaseUrl: mainAdmin(),
          actor: 'test',
          reason: 'test',
          graceHours: 0,
        }),
      )
    const there = await driven(await toElsewhere())
    const back = await driven(
      await requestRollback(tenancy(), {
        tenantId: tenant.id,
        slug: tenant.slug,
        actor: 'test',
        reason: 'test',
      }),
      'verified',
    )
    await fence(await databaseOf(there.target), 20)
    await dies(back.source)
    await endsWithout(back)
    await requestConfirm(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
    await expect(driven(there)).rejects.toThrow(refused)
    if (how === 'is abandoned as well') {
      await requestForceFinish(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
      await driven(there)
    }
    await comesBack()
    await requestResume(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' })
    await driven(back)
    expect(await readMove(tenancy(), back.id)).toMatchObject({
      state: 'aborted',
      forceFinishBy: null,
    })
    await driven(there)
    expect(await readMove(tenancy(), there.id)).toMatchObject({ state: 'cleaned' })
    forgetPlacement(tenancy(), tenant.id)
    await add()
    expect(await goTo('shared')).toMatchObject({ state: 'cleaned' })
  },
)
