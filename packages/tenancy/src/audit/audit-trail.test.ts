import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { recordAudit } from '#tenancy/audit/record'
import { listAudit, verifyAudit } from '#tenancy/audit/audit-trail'
import { withConnection } from '#tenancy/base/connect'
import { resume, suspend } from '#tenancy/placements/suspensions'
import { createTestTenant } from '#tenancy/testing/fixture/test-tenants'
import { loginUrl } from '#tenancy/base/tenancy'
import { closePools } from '#tenancy/registry/pools'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'

afterAll(() => closePools(tenancy()))

const asAdmin = (text: string) =>
  withConnection(process.env.DATABASE_URL ?? '', (client) => client.query(text))

test('an intact chain passes; an altered row and the row after a deleted one are reported', async () => {
  for (let i = 1; i <= 5; i++)
    await recordAudit(platform(), {
      actor: 'olivia@test.example',
      action: `action ${i}`,
      detail: { i },
    })
  const { rows } = await listAudit(tenancy(), {
    tenantId: null,
    search: 'action',
    size: 10,
    before: null,
  })
  const [, fourth, third, second] = rows
  if (!second || !third || !fourth) throw new Error('no rows')
  expect(await verifyAudit(tenancy())).toMatchObject({ broken: null })
  await asAdmin(`update tenancy.audit set detail = '{"i": 9}' where seq = ${third.seq}`)
  expect((await verifyAudit(tenancy())).broken).toMatchObject({
    seq: third.seq,
    action: 'action 3',
  })
  await asAdmin(`update tenancy.audit set detail = '{"i": 3}' where seq = ${third.seq}`)
  expect(await verifyAudit(tenancy())).toMatchObject({ broken: null })
  // whoever rewrites a row and its hashes has to rewrite all later rows too
  const rewrite = (i: number) => `
    update tenancy.audit set detail = '{"i": ${i}}' where seq = ${third.seq};
    update tenancy.audit as a set content = tenancy.audit_content(a) where seq = ${third.seq};
    update tenancy.audit as a set hash = tenancy.audit_hash(a) where seq = ${third.seq};
    update tenancy.audit set previous = (select hash from tenancy.audit where seq = ${third.seq}) where seq = ${fourth.seq}`
  await asAdmin(rewrite(9))
  expect((await verifyAudit(tenancy())).broken).toMatchObject({
    seq: fourth.seq,
    why: 'the row was altered',
  })
  await asAdmin(rewrite(3))
  expect(await verifyAudit(tenancy())).toMatchObject({ broken: null })
  await asAdmin(`delete from tenancy.audit where seq = ${second.seq}`)
  expect((await verifyAudit(tenancy())).broken).toMatchObject({
    seq: third.seq,
    why: expect.stringContaining('before it was deleted') as string,
  })
})

test('the app can neither change nor delete a row', async () => {
  for (const text of ['update tenancy.audit set actor = $$x$$', 'delete from tenancy.audit'])
    await expect(platform().execute(text)).rejects.toMatchObject({ cause: { code: '42501' } })
})

test('rows added at the same time are chained one after another, without a lock that tenants can take', async () => {
  await withConnection(loginUrl(tenancy(), 'platform'), async (first) => {
    const lastRows = 'select seq from tenancy.audit order by seq desc limit 3'
    const before = (await first.query(lastRows)).rows
    await first.query('begin')
    await first.query(`select tenancy.record_audit('test', 'first', null, '{}')`)
    let added = false
    const adding = Promise.all(
      ['second', 'third'].map((action) => recordAudit(platform(), { actor: 'test', action })),
    ).then(() => (added = true))
    await sleep(200)
    expect(added).toBe(false)
    const { rows } = await first.query(
      `select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'`,
    )
    expect(rows).toEqual([])
    await first.query('commit')
    await adding
    expect((await first.query(lastRows)).rows).not.toEqual(before)
  })
  const hashes = `select count(*) as rows, count(distinct previous) as previous from tenancy.audit`
  const [counted] = (await asAdmin(hashes)).rows as { rows: string; previous: string }[]
  expect(counted?.previous).toBe(counted?.rows)
})

test('a suspension and its end are recorded, and without their audit row they do not happen', async () => {
  const { id, slug } = await createTestTenant('shared', 'audited', 1)
  const request = { tenantId: id, slug, actor: 'olivia@test.example', reason: 'unpaid' }
  const isSuspended = async () => {
    const { rows } = await asAdmin(`select tenancy.is_suspended('${id}') as suspended`)
    return (rows as { suspended: boolean }[])[0]?.suspended
  }
  const withoutAudit = async (work: Promise<void>) => {
    await expect(work).rejects.toMatchObject({ cause: { code: '23514' } })
  }
  const block = 'alter table tenancy.audit add constraint blocked check (seq < 0) not valid'
  const unblock = 'alter table tenancy.audit drop constraint blocked'
  await asAdmin(block)
  await withoutAudit(suspend(tenancy(), request))
  expect(await isSuspended()).toBe(false)
  await asAdmin(unblock)
  await suspend(tenancy(), request)
  await asAdmin(block)
  await withoutAudit(resume(tenancy(), request))
  expect(await isSuspended()).toBe(true)
  await asAdmin(unblock)
  await resume(tenancy(), request)
  expect(await isSuspended()).toBe(false)
  const { rows } = await listAudit(tenancy(), { tenantId: id, search: '', size: 10, before: null })
  expect(rows.map(({ action, actor }) => [action, actor])).toEqual([
    ['tenant resumed', request.actor],
    ['tenant suspended', request.actor],
  ])
})
