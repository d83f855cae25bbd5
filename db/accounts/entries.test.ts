import { setTimeout as sleep } from 'node:timers/promises'
import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  closePools,
  newId,
  placementKinds,
  secretHash,
  type Caller,
  type Entry,
} from '@rowhouse/tenancy'
import { resume, suspend } from '@rowhouse/tenancy/admin'
import * as apiKeys from '#db/accounts/api-keys'
import {
  apiKeyEntry,
  sessionEntry,
  type ApiKeyCaller,
  type SessionCaller,
} from '#db/accounts/entries'
import * as sessions from '#db/accounts/sessions'
import { supportEntry } from '#db/operators/support-entry'
import {
  createTestTenants,
  callerFor,
  removeTestTenants,
  memberOf,
  refusal,
  rows,
  queryAs,
  type TestTenants,
} from '#db/isolation/testing/test-tenants'
import { apiKeys as keyTable } from '#db/schema/accounts'
import { bans, members, sessions as sessionTable } from '#db/schema/platform'
import { platform, tenancy, withTenant } from '#db/tenancy'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(placementKinds, 2)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const idOf = ({ actor }: SessionCaller) => actor.id ?? ''

async function keyOf(
  member: SessionCaller,
  scope: 'read' | 'write',
  days: number | null = null,
): Promise<ApiKeyCaller> {
  const { tenantId, actor } = member
  const { key } = await apiKeys.create({
    tenantId,
    userId: idOf(member),
    name: 'test',
    scope,
    days,
  })
  return { kind: 'key', key, tenantId, actor }
}

const removeMember = ({ tenantId, actor }: SessionCaller) =>
  platform()
    .delete(members)
    .where(and(eq(members.tenantId, tenantId), eq(members.userId, actor.id ?? '')))

describe.each(placementKinds)('in a %s placement', (kind) => {
  const me = () => testTenants[kind][0]
  const neighbour = () => testTenants[kind][1]

  test('an expired session, a signed-out session and a suspended tenant are refused immediately', async () => {
    const member = await memberOf(me().id, 'member')
    await platform()
      .update(sessionTable)
      .set({ expiresAt: new Date(Date.now() + 2000) })
      .where(eq(sessionTable.tokenHash, secretHash(member.token)))
    expect(await queryAs(member, 'select 1 as one')).toEqual([{ one: 1 }])
    await sleep(2100)
    expect(await refusal(queryAs(member, 'select 1'))).toBe('NotSignedIn')

    const other = await memberOf(me().id, 'member')
    await sessions.end(other.token)
    expect(await refusal(queryAs(other, 'select 1'))).toBe('NotSignedIn')

    const key = await keyOf(me().owner, 'read')
    const action = { tenantId: me().id, slug: me().slug, actor: 'test', reason: 'test' }
    await suspend(tenancy(), action)
    for (const caller of [me().owner, key])
      expect(await refusal(queryAs(caller, 'select 1'))).toBe('TenantSuspended')
    await resume(tenancy(), action)
    for (const caller of [me().owner, key])
      expect(await queryAs(caller, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('guessed and empty sessions and keys are refused', async () => {
    const { owner } = me()
    const key = await keyOf(owner, 'read')
    for (const guess of ['', 'guess', 'rowhouse_guess', "' or true --"]) {
      expect(await refusal(queryAs({ ...owner, token: guess }, 'select 1'))).toBe('NotSignedIn')
      expect(await refusal(queryAs({ ...key, key: guess }, 'select 1'))).toBe('NotSignedIn')
    }
    // a session is not accepted as a key, nor a key as a session
    expect(await refusal(queryAs({ ...owner, token: key.key }, 'select 1'))).toBe('NotSignedIn')
    expect(await refusal(queryAs({ ...key, key: owner.token }, 'select 1'))).toBe('NotSignedIn')
  })

  test("a removed member is refused with an old session, a new one or a key, and so is another tenant's member", async () => {
    const member = await memberOf(me().id, 'member')
    const key = await keyOf(member, 'write')
    for (const caller of [member, key])
      expect(await queryAs(caller, 'select 1 as one')).toEqual([{ one: 1 }])
    await removeMember(member)
    expect(await refusal(queryAs(member, 'select 1'))).toBe('NotAMember')
    expect(await refusal(queryAs(await callerFor(idOf(member), me().id), 'select 1'))).toBe(
      'NotAMember',
    )
    expect(await refusal(queryAs(key, 'select 1'))).toBe('NotSignedIn')

    const stranger = { ...neighbour().owner, tenantId: me().id }
    expect(await refusal(queryAs(stranger, 'select 1'))).toBe('NotAMember')
    const strangeKey = { ...(await keyOf(neighbour().owner, 'write')), tenantId: me().id }
    expect(await refusal(queryAs(strangeKey, 'select 1'))).toBe('NotSignedIn')
  })

  test('a banned user is refused with a session or key until the ban is lifted', async () => {
    const member = await memberOf(me().id, 'member')
    const key = await keyOf(member, 'read')
    await platform()
      .insert(bans)
      .values({ userId: idOf(member), by: 'test', reason: 'test' })
    for (const caller of [member, key, await callerFor(idOf(member), me().id)])
      expect(await refusal(queryAs(caller, 'select 1'))).toBe('NotSignedIn')
    await platform()
      .delete(bans)
      .where(eq(bans.userId, idOf(member)))
    for (const caller of [member, key])
      expect(await queryAs(caller, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test.each([
    ['a viewer', 'viewer', undefined],
    ['a read-only key', 'owner', 'read'],
    ["a viewer's key with write scope", 'viewer', 'write'],
  ] as const)('%s can read but not write, with any SQL', async (_, role, scope) => {
    const member = await memberOf(me().id, role)
    const caller = scope ? await keyOf(member, scope) : member
    expect((await queryAs(caller, 'select id from orders')).length).toBeGreaterThan(0)
    expect(await refusal(queryAs(caller, 'delete from order_lines'))).toBe('25006')
    expect(
      await refusal(
        withTenant(caller, async (tx) => {
          await rows(tx, 'select 1')
          await rows(tx, 'set transaction read write')
        }),
      ),
    ).toBe('25001')
  })

  test('a changed role takes effect in the next transaction', async () => {
    const member = await memberOf(me().id, 'member')
    const key = await keyOf(member, 'write')
    const setRole = (role: 'member' | 'viewer') =>
      platform()
        .update(members)
        .set({ role })
        .where(and(eq(members.tenantId, me().id), eq(members.userId, idOf(member))))
    const write = "update orders set note = 'seen'"
    for (const caller of [member, key]) expect(await queryAs(caller, write)).toEqual([])
    await setRole('viewer')
    for (const caller of [member, key]) expect(await refusal(queryAs(caller, write))).toBe('25006')
    await setRole('member')
    for (const caller of [member, key]) expect(await queryAs(caller, write)).toEqual([])
  })

  test('revoked and expired keys are refused', async () => {
    expect(await refusal(queryAs(await keyOf(me().owner, 'read', -1), 'select 1'))).toBe(
      'NotSignedIn',
    )
    const key = await keyOf(me().owner, 'read', 1)
    expect(await queryAs(key, 'select 1 as one')).toEqual([{ one: 1 }])
    await platform()
      .delete(keyTable)
      .where(eq(keyTable.keyHash, secretHash(key.key)))
    expect(await refusal(queryAs(key, 'select 1'))).toBe('NotSignedIn')
  })
})

test('no entry sends a session or a key as a value, which a server may log', () => {
  const request = { tenantId: newId(), epoch: 1, statementMs: 1000 }
  const caller = { tenantId: request.tenantId, actor: { id: newId(), name: 'test' } }
  const secret = 'a secret of the caller'
  const both = <C extends Caller>(entry: Entry<C>, by: C) => [
    entry.enter(by, request),
    entry.check(by),
  ]
  const statements = [
    ...both(sessionEntry, { ...caller, kind: 'session', token: secret }),
    ...both(apiKeyEntry, { ...caller, kind: 'key', key: secret }),
    ...both(supportEntry, { ...caller, kind: 'support', token: secret, what: 'test' }),
  ]
  for (const { values = [] } of statements) {
    expect(values[0]).toEqual(secretHash(secret))
    expect(JSON.stringify(values)).not.toContain(secret)
  }
})
