import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { closePools, forgetPlacement, needsRotation, newId, placementOf } from '@rowhouse/tenancy'
import { unprovision } from '@rowhouse/tenancy/admin'
import { placements } from '@rowhouse/tenancy/schema'
import * as secondFactor from '#db/accounts/second-factor'
import * as users from '#db/accounts/users'
import { run } from '#db/cli/rotate-encryption-key'
import { createTestTenant, queryAs } from '#db/isolation/testing/test-tenants'
import { secondFactorChanged } from '#db/mail/templates'
import { queueEmail, readEmail } from '#db/mail/outbox'
import { emails } from '#db/schema/accounts'
import { platform, tenancy } from '#db/tenancy'

afterAll(() => closePools(tenancy()))

test('after a change of the key every secret can be decrypted with the new key alone', async () => {
  const { id, owner } = await createTestTenant('schema', 'a', 1)
  const user = await users.create(platform(), { email: `${newId()}@people.example`, name: 'One' })
  await secondFactor.startSetup(user.id)
  const before = await secondFactor.pendingSetup(user)
  await platform().delete(emails)
  await queueEmail(platform(), {
    to: user.email,
    kind: 'second factor',
    content: secondFactorChanged(true),
  })
  const [queued] = await platform().select().from(emails)

  // what a restart with a new key does
  const { config } = tenancy()
  config.previousEncryptionKey = config.encryptionKey
  config.encryptionKey = randomBytes(32).toString('base64')
  const { json, text } = await run({ values: {}, positionals: [] })
  expect(json).toEqual({
    columns: [
      { column: 'servers.migrator_secret', secrets: 0, rotated: 0 },
      { column: 'servers.worker_secret', secrets: 0, rotated: 0 },
      { column: 'placements.secret', secrets: 1, rotated: 1 },
      { column: 'moves.source', secrets: 0, rotated: 0 },
      { column: 'moves.target', secrets: 0, rotated: 0 },
      { column: 'second_factors.encrypted_secret', secrets: 1, rotated: 1 },
      { column: 'emails.encrypted', secrets: 1, rotated: 1 },
    ],
  })
  expect(text).toMatch(/second_factors.encrypted_secret +1 +1/)
  delete config.previousEncryptionKey
  forgetPlacement(tenancy())
  expect(await queryAs(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  const [row] = await platform()
    .select({ secret: placements.secret })
    .from(placements)
    .where(eq(placements.tenantId, id))
  expect(needsRotation(tenancy(), row?.secret ?? '')).toBe(false)
  expect(await secondFactor.pendingSetup(user)).toEqual(before)
  expect((await readEmail(queued?.id ?? ''))?.content.subject).toBe(
    secondFactorChanged(true).subject,
  )
  expect((await run({ values: {}, positionals: [] })).json).toMatchObject({
    columns: Array.from({ length: 7 }, () => ({ rotated: 0 })),
  })

  await unprovision(tenancy(), id, await placementOf(tenancy(), id))
})
