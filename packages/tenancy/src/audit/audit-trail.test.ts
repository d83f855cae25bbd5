import { afterAll, expect, test } from 'vitest'
import { recordAudit } from '#tenancy/audit/record'
import { listAudit, verifyAudit } from '#tenancy/audit/audit-trail'
import { withConnection } from '#tenancy/base/connect'
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
