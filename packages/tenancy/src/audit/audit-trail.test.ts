import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { recordAudit } from '#tenancy/audit/record'
import { listAudit, verifyAudit } from '#tenancy/audit/audit-trail'
import { withConnection } from '#tenancy/base/connect'
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
  const [, , third, second] = rows
  if (!second || !third) throw new Error('no rows')
  expect(await verifyAudit(tenancy())).toMatchObject({ broken: null })
  await asAdmin(`update tenancy.audit set detail = '{"i": 9}' where seq = ${third.seq}`)
  expect((await verifyAudit(tenancy())).broken).toMatchObject({
    seq: third.seq,
    action: 'action 3',
  })
  await asAdmin(`update tenancy.audit set detail = '{"i": 3}' where seq = ${third.seq}`)
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
