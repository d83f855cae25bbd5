import { randomBytes } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { closePools, forgetPlacement, needsRotation, newId, placementOf } from '@rowhouse/tenancy'
import { unprovision } from '@rowhouse/tenancy/admin'
import { placements } from '@rowhouse/tenancy/schema'
import * as secondFactor from '#db/accounts/second-factor'
import * as users from '#db/accounts/users'
import { run } from '#db/cli/rotate-encryption-key'
import { inhabitant, through } from '#db/isolation/testing/world'
import { secondFactorChanged } from '#db/mail/templates'
import { queueEmail, readEmail } from '#db/mail/outbox'
import { emails } from '#db/schema/accounts'
import { platform, tenancy } from '#db/tenancy'

afterAll(() => closePools(tenancy()))

test('after a change of key every kept secret opens with the new one alone, and no column that holds one is left out', async () => {
  const { id, owner } = await inhabitant('schema', 'a', 1)
  const user = await users.create(platform(), { email: `${newId()}@people.example`, name: 'One' })
  await secondFactor.startSetup(user.id)
  const before = await secondFactor.pendingSetup(user)
  await platform().delete(emails)
  await queueEmail(platform(), {
    to: user.email,
    kind: 'second factor',
    content: secondFactorChanged(true),
  })
  const [posted] = await platform().select().from(emails)

  // as a restart with the next key does
  const { config } = tenancy()
  config.previousEncryptionKey = config.encryptionKey
  config.encryptionKey = randomBytes(32).toString('base64')
  const { json, text } = await run({ values: {}, positionals: [] })
  expect(json).toEqual({
    places: [
      { place: 'placements', kept: 1, rotated: 1 },
      ...['moves, source', 'moves, target', 'servers, migrator', 'servers, worker'].map(
        (place) => ({ place, kept: 0, rotated: 0 }),
      ),
      { place: 'second factors', kept: 1, rotated: 1 },
      { place: 'emails', kept: 1, rotated: 1 },
    ],
  })
  expect(text).toMatch(/second factors +1 +1/)
  delete config.previousEncryptionKey
  forgetPlacement(tenancy())
  expect(await through(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  const [row] = await platform()
    .select({ secret: placements.secret })
    .from(placements)
    .where(eq(placements.tenantId, id))
  expect(needsRotation(tenancy(), row?.secret ?? '')).toBe(false)
  expect(await secondFactor.pendingSetup(user)).toEqual(before)
  expect((await readEmail(posted?.id ?? ''))?.content.subject).toBe(
    secondFactorChanged(true).subject,
  )
  expect((await run({ values: {}, positionals: [] })).json).toMatchObject({
    places: Array.from({ length: 7 }, () => ({ rotated: 0 })),
  })

  const { rows } = await platform().execute<{ name: string }>(
    sql`select table_schema || '.' || table_name || '.' || column_name as name from information_schema.columns where table_schema in ('platform', 'tenancy') and (column_name like '%secret%' or column_name like '%encrypted%' or column_name like '%encrypted%') and column_name not like '%hash%' order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual([
    'platform.emails.encrypted',
    'platform.second_factors.encrypted_secret',
    'tenancy.placements.secret',
    'tenancy.servers.migrator_secret',
    'tenancy.servers.worker_secret',
  ])
  await unprovision(tenancy(), id, await placementOf(tenancy(), id))
})
