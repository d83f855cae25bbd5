import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closePools, newId } from '@rowhouse/tenancy'
import { deleteExpired } from '#db/accounts/delete-expired'
import * as users from '#db/accounts/users'
import { createTestTenant } from '#db/isolation/testing/test-tenants'
import { attempts, devices, emailChanges, invitations, links, emails } from '#db/schema/accounts'
import { sessions } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'

let tenantId: string
beforeAll(async () => void (tenantId = (await createTestTenant('shared', 'a', 1)).id))
afterAll(() => closePools(tenancy()))

const ago = (days: number) => new Date(Date.now() - days * 86_400_000)
const token = () => randomBytes(32)
const newUser = async (name: string) =>
  (await users.create(platform(), { email: `${newId()}@people.example`, name })).id

test('expired rows are deleted; valid and pending ones are not', async () => {
  const db = platform()
  for (const table of [sessions, links, emailChanges, invitations, attempts, devices, emails])
    await db.delete(table)
  const [one, other] = [await newUser('one'), await newUser('other')]
  const [past, future] = [ago(0.01), ago(-1)]
  await db.insert(sessions).values(
    [past, future].map((expiresAt, i) => ({
      id: newId(),
      tokenHash: token(),
      userId: one,
      device: `${i}`,
      expiresAt,
    })),
  )
  await db.insert(links).values(
    [past, future].map((expiresAt, i) => ({
      id: newId(),
      kind: 'reset' as const,
      tokenHash: token(),
      email: `${i}`,
      expiresAt,
    })),
  )
  await db.insert(emailChanges).values([
    { userId: one, email: '0', expiresAt: past },
    { userId: other, email: '1', expiresAt: future },
  ])
  await db.insert(invitations).values(
    [ago(31), ago(29)].map((expiresAt, i) => ({
      id: newId(),
      tenantId,
      email: `${i}`,
      role: 'member' as const,
      tokenHash: token(),
      expiresAt,
    })),
  )
  await db
    .insert(attempts)
    .values([ago(3), ago(1)].map((at, i) => ({ key: token(), failures: i, at, until: at })))
  await db
    .insert(devices)
    .values([ago(366), ago(364)].map((usedAt) => ({ tokenHash: token(), userId: one, usedAt })))
  await db.insert(emails).values(
    [
      { createdAt: ago(31), nextAttemptAt: ago(31), sentAt: ago(31) },
      { createdAt: ago(31), nextAttemptAt: ago(1) },
      { createdAt: ago(31), nextAttemptAt: ago(-1) },
      { createdAt: ago(29), nextAttemptAt: ago(29), sentAt: ago(29) },
      { createdAt: ago(29), nextAttemptAt: ago(29) },
    ].map((one, i) => ({ id: newId(), recipient: `${i}`, kind: 'reset', ...one })),
  )

  expect(await deleteExpired()).toBe(8)

  expect((await db.select().from(sessions)).map(({ device }) => device)).toEqual(['1'])
  for (const table of [links, emailChanges, invitations])
    expect((await db.select().from(table)).map(({ email }) => email)).toEqual(['1'])
  expect((await db.select().from(attempts)).map(({ failures }) => failures)).toEqual([1])
  expect(await db.select().from(devices)).toHaveLength(1)
  expect((await db.select().from(emails)).map(({ recipient }) => recipient).toSorted()).toEqual([
    '2',
    '3',
    '4',
  ])
  expect(await deleteExpired()).toBe(0)
})
