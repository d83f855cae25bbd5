import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { withConnection } from '@rowhouse/tenancy/admin'
import { exports, openDownload, runExport } from '@rowhouse/tenancy/data'
import * as members from '#db/accounts/members'
import { inhabitant, memberOf, type Inhabitant } from '#db/isolation/testing/world'
import { bans, type Role } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'

let one: Inhabitant
beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-export-rights-'))
  one = await inhabitant('shared', 'one', 30)
})

const row = async (id: string) => (await exports.find(platform(), one.id, id))!
const filesOf = (id: string) =>
  readdir(join(process.env.EXPORT_DIR ?? '', one.id)).then(
    (files) => files.filter((file) => file.startsWith(id)),
    () => [],
  )
/** Keeps every transaction out of the tenant while `meanwhile` goes on. */
const shut = (tenantId: string, meanwhile: () => Promise<unknown>) =>
  withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
    await admin.query('begin')
    await admin.query('select pg_advisory_xact_lock(tenancy.lock_key($1))', [tenantId])
    await meanwhile()
    await admin.query('commit')
  })
const byOwner = () => ({
  tenantId: one.id,
  tenantName: one.mark,
  actor: { id: one.owner.actor.id ?? '', name: 'test' },
})

describe('an export that a member has asked for', () => {
  it.each<[string, (userId: string) => Promise<unknown>]>([
    ['is removed', (userId) => members.remove(byOwner(), userId)],
    ['becomes a viewer', (userId) => members.setRole(byOwner(), userId, 'viewer')],
    [
      'is banned',
      (userId) => platform().insert(bans).values({ userId, by: 'test', reason: 'test' }),
    ],
  ])('stops within a second when they are there no more: who asked %s', async (_, happens) => {
    const admin = await memberOf(one.id, 'admin')
    const wish = await exports.request(platform(), one.id, 'Adam', admin.actor.id)
    let running: Promise<void> | undefined
    let since = 0
    await shut(one.id, async () => {
      running = runExport(tenancy(), wish.id)
      while ((await filesOf(wish.id)).length === 0) await sleep(10)
      expect((await row(wish.id)).state).toBe('running')
      await happens(admin.actor.id ?? '')
      since = performance.now()
    })
    await running
    // a second, and one more for a busy machine
    expect(performance.now() - since).toBeLessThan(2000)
    expect(await row(wish.id)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining(
        'Adam, who asked for this export, may no longer have it',
      ) as unknown,
    })
    expect(await filesOf(wish.id)).toEqual([])
    expect(await openDownload(tenancy(), one.id, wish.id)).toBeUndefined()
  })

  it('is made while they are, and one of the command line depends on nobody', async () => {
    for (const requester of [(await memberOf(one.id, 'admin')).actor.id, null]) {
      const wish = await exports.request(platform(), one.id, 'Adam', requester)
      await runExport(tenancy(), wish.id)
      expect(await row(wish.id)).toMatchObject({ state: 'done' })
    }
  })

  it.each<[Role, string]>([
    ['owner', 'done'],
    ['admin', 'done'],
    ['member', 'failed'],
    ['viewer', 'failed'],
  ])('for a member of the role %s is %s', async (role, state) => {
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
