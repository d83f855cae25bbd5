import { afterAll, expect, test } from 'vitest'
import { record } from '#db/console/audit'
import { listAudit, verifyAudit } from '#db/console/audit-trail'
import { connected } from '#db/connect'
import { env } from '#db/env'
import { closePools } from '#db/pools'
import { platform } from '#db/registry'

afterAll(closePools)
const asAdmin = (text: string) =>
  connected(env().DATABASE_URL ?? '', (client) => client.query(text))

test('a whole chain holds; an altered row and the row behind one that is gone are named', async () => {
  for (let i = 1; i <= 5; i++)
    await record(platform(), { actor: 'olivia@test.example', deed: `deed ${i}`, detail: { i } })
  const { rows } = await listAudit({ tenantId: null, search: 'deed', size: 10, before: null })
  const [, , third, second] = rows
  if (!second || !third) throw new Error('no rows')
  expect(await verifyAudit()).toMatchObject({ broken: null })
  await asAdmin(`update platform.audit set detail = '{"i": 9}' where seq = ${third.seq}`)
  expect((await verifyAudit()).broken).toMatchObject({ seq: third.seq, deed: 'deed 3' })
  await asAdmin(`update platform.audit set detail = '{"i": 3}' where seq = ${third.seq}`)
  expect(await verifyAudit()).toMatchObject({ broken: null })
  await asAdmin(`delete from platform.audit where seq = ${second.seq}`)
  expect((await verifyAudit()).broken).toMatchObject({
    seq: third.seq,
    why: expect.stringContaining('before it is gone') as string,
  })
})

test('the app itself can neither change nor delete a row', async () => {
  for (const text of ['update platform.audit set actor = $$x$$', 'delete from platform.audit'])
    await expect(platform().execute(text)).rejects.toMatchObject({ cause: { code: '42501' } })
})
