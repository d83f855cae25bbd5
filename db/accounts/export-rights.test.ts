import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { withConnection } from '@rowhouse/tenancy/admin'
import { exports, openDownload, runExport } from '@rowhouse/tenancy/data'
import * as members from '#db/accounts/members'
import { createTestTenant, memberOf, type TestTenant } from '#db/isolation/testing/test-tenants'
import { bans, type Role } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'

let one: TestTenant
beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-export-rights-'))
  one = await createTestTenant('shared', 'one', 30)
})

const row = async (id: string) => (await exports.find(platform(), one.id, id))!
const filesOf = (id: string) =>
  readdir(join(process.env.EXPORT_DIR ?? '', one.id)).then(
    (files) => files.filter((file) => file.startsWith(id)),
    () => [],
  )
/** Blocks every transaction of the tenant while `work` runs. */
const blockTenant = (tenantId: string, work: () => Promise<unknown>) =>
  withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
    await admin.query('begin')
    await admin.query('select pg_advisory_xact_lock(tenancy.lock_key($1))', [tenantId])
    await work()
    await admin.query('commit')
  })
const byOwner = () => ({
  tenantId: one.id,
  tenantName: one.mark,
  actor: { id: one.owner.actor.id ?? '', name: 'test' },
})

describe('an export that a member requested', () => {
  it.each<[string, (userId: string) => Promise<unknown>]>([
    ['is removed', (userId) => members.remove(byOwner(), userId)],
    ['becomes a viewer', (userId) => members.setRole(byOwner(), userId, 'viewer')],
    [
      'is banned',
      (userId) => platform().insert(bans).values({ userId, by: 'test', reason: 'test' }),
    ],
  ])('stops within a second when its requester %s', async (_, loseAccess) => {
    const admin = await memberOf(one.id, 'admin')
    const request = await exports.request(platform(), one.id, 'Adam', admin.actor.id)
    let running: Promise<void> | undefined
    let since = 0
    await blockTenant(one.id, async () => {
      running = runExport(tenancy(), request.id)
      while ((await filesOf(request.id)).length === 0) await sleep(10)
      expect((await row(request.id)).state).toBe('running')
      await loseAccess(admin.actor.id ?? '')
      since = performance.now()
    })
    await running
    // one second, plus one for a busy machine
    expect(performance.now() - since).toBeLessThan(2000)
    expect(await row(request.id)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining(
        'Adam, who requested this export, may no longer have it',
      ) as unknown,
    })
    expect(await filesOf(request.id)).toEqual([])
    expect(await openDownload(tenancy(), one.id, request.id)).toBeUndefined()
  })

  it('completes while they are a member; one from the command line has no requester', async () => {
    for (const requester of [(await memberOf(one.id, 'admin')).actor.id, null]) {
      const request = await exports.request(platform(), one.id, 'Adam', requester)
      await runExport(tenancy(), request.id)
      expect(await row(request.id)).toMatchObject({ state: 'done' })
    }
  })

  it.each<[Role, string]>([
    ['owner', 'done'],
    ['admin', 'done'],
    ['member', 'failed'],
    ['viewer', 'failed'],
  ])('of a member with the role %s is %s', async (role, state) => {
    const { id } = await exports.request(
      platform(),
      one.id,
      role,
      (await memberOf(one.id, role)).actor.id,
    )
    await runExport(tenancy(), id)
    expect(await row(id)).toMatchObject({ state })
  })
})
