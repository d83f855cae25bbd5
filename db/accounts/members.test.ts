import { setTimeout as sleep } from 'node:timers/promises'
import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import * as apiKeys from '#db/accounts/api-keys'
import { withTenant, type Caller, platform, tenancy } from '#db/tenancy'
import {
  Invalid,
  NotAMember,
  NotFound,
  NotSignedIn,
  TenantSuspended,
  closePools,
  placementOf,
} from '@rowhouse/tenancy'
import { LastOwner, LinkInvalid, NotAllowed, WrongAddress } from '#db/errors'
import * as invitations from '#db/accounts/invitations'
import { createTestTenant, memberOf, type TestTenant } from '#db/isolation/testing/test-tenants'
import * as members from '#db/accounts/members'
import { unprovision, resume, suspend } from '@rowhouse/tenancy/admin'
import { invitations as invitationTable } from '#db/schema/accounts'
import { bans, members as memberTable, type Role } from '#db/schema/platform'
import { orders } from '#db/schema/tenant'
import { addMember } from '#db/accounts/add-member'
import { newestToken } from '#db/testing/mailbox'
import * as users from '#db/accounts/users'

let acme: TestTenant
let globex: TestTenant
let initech: TestTenant
beforeAll(async () => {
  ;[acme, globex, initech] = [
    await createTestTenant('shared', 'a', 2),
    await createTestTenant('shared', 'b', 2),
    await createTestTenant('schema', 'a', 2),
  ]
})
afterAll(async () => {
  await unprovision(tenancy(), initech.id, await placementOf(tenancy(), initech.id))
  await closePools(tenancy())
})

const idOf = (caller: Caller) => (caller.kind === 'service' ? '' : (caller.actor.id ?? ''))
const actingAs = (caller: Caller, tenant = acme): members.ActingMember => ({
  tenantId: tenant.id,
  tenantName: tenant.mark,
  actor: { id: idOf(caller), name: 'test' },
})
const roleOf = async (userId: string, tenant = acme) =>
  (await members.list(tenant.id)).find((one) => one.userId === userId)?.role
const read = (caller: Caller) =>
  withTenant(caller, (tx) => tx.select({ id: orders.id }).from(orders))

const cases: [actor: Role, target: Role, to: Role | 'removed', allowed: boolean][] = [
  ['owner', 'owner', 'admin', true],
  ['owner', 'admin', 'owner', true],
  ['owner', 'viewer', 'removed', true],
  ['owner', 'owner', 'removed', true],
  ['admin', 'member', 'admin', true],
  ['admin', 'member', 'owner', false],
  ['admin', 'owner', 'member', false],
  ['admin', 'owner', 'removed', false],
  ['admin', 'admin', 'removed', true],
  ['member', 'viewer', 'member', false],
  ['member', 'viewer', 'removed', false],
  ['viewer', 'viewer', 'member', false],
  ['viewer', 'viewer', 'removed', false],
]
test.each(cases)('%s changes %s to %s, allowed: %s', async (actor, target, to, allowed) => {
  const [by, on] = [await memberOf(acme.id, actor), await memberOf(acme.id, target)]
  const done =
    to === 'removed'
      ? members.remove(actingAs(by), idOf(on))
      : members.setRole(actingAs(by), idOf(on), to)
  const refused = await done.then(
    () => null,
    (error: unknown) => error,
  )
  expect(NotAllowed.is(refused)).toBe(!allowed)
  expect(await roleOf(idOf(on))).toBe(allowed ? (to === 'removed' ? undefined : to) : target)
})

test('the last owner cannot leave, be removed or be demoted, even by two owners at the same time', async () => {
  const only = globex.owner
  await expect(members.leave(actingAs(only, globex))).rejects.toThrow(LastOwner)
  await expect(members.remove(actingAs(only, globex), idOf(only))).rejects.toThrow(LastOwner)
  await expect(members.setRole(actingAs(only, globex), idOf(only), 'viewer')).rejects.toThrow(
    LastOwner,
  )
  const second = await memberOf(globex.id, 'owner')
  const both = await Promise.allSettled([
    members.setRole(actingAs(only, globex), idOf(second), 'admin'),
    members.setRole(actingAs(second, globex), idOf(only), 'admin'),
  ])
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect((await members.list(globex.id)).filter(({ role }) => role === 'owner')).toHaveLength(1)
})

test('an owner who leaves waits for a demotion of the other owner, and then stays as the last one', async () => {
  const [first, second] = [globex.owner, await memberOf(globex.id, 'owner')]
  const ownersNow = (await members.list(globex.id)).filter(({ role }) => role === 'owner')
  for (const { userId } of ownersNow)
    if (userId !== idOf(first) && userId !== idOf(second))
      await members.setRole(actingAs(second, globex), userId, 'admin')
  await members.setRole(actingAs(second, globex), idOf(first), 'owner')
  let leaving: Promise<unknown> | undefined
  await platform().transaction(async (tx) => {
    await tx
      .update(memberTable)
      .set({ role: 'admin' })
      .where(and(eq(memberTable.tenantId, globex.id), eq(memberTable.userId, idOf(first))))
    leaving = members.leave(actingAs(second, globex)).catch((error: unknown) => error)
    await sleep(300)
  })
  expect(await leaving).toBeInstanceOf(LastOwner)
  expect(await roleOf(idOf(second), globex)).toBe('owner')
})

test('a key of another tenant can be neither listed nor revoked', async () => {
  const { id } = await apiKeys.create({
    tenantId: globex.id,
    userId: idOf(globex.owner),
    name: 'theirs',
    scope: 'read',
    days: null,
  })
  await expect(apiKeys.revoke(acme.id, id)).rejects.toThrow(NotFound)
  expect((await apiKeys.list(globex.id)).map((key) => key.id)).toContain(id)
  expect((await apiKeys.list(acme.id)).map((key) => key.id)).not.toContain(id)
  expect(await apiKeys.revoke(globex.id, id)).toEqual({ name: 'theirs' })
})

test('a transfer swaps the roles in one transaction; an admin cannot do it', async () => {
  const [owner, next, admin] = [
    await memberOf(acme.id, 'owner'),
    await memberOf(acme.id, 'member'),
    await memberOf(acme.id, 'admin'),
  ]
  await expect(members.transfer(actingAs(admin), idOf(admin))).rejects.toThrow(NotAllowed)
  await members.transfer(actingAs(owner), idOf(next))
  expect([await roleOf(idOf(owner)), await roleOf(idOf(next))]).toEqual(['admin', 'owner'])
})

test('members of other tenants are not found, and a demoted admin can no longer manage members', async () => {
  await expect(members.remove(actingAs(acme.owner), idOf(globex.owner))).rejects.toThrow(NotFound)
  const admin = await memberOf(acme.id, 'admin')
  await members.setRole(actingAs(acme.owner), idOf(admin), 'viewer')
  await expect(members.remove(actingAs(admin), idOf(acme.owner))).rejects.toThrow(NotAllowed)
  await members.leave(actingAs(admin))
  await expect(members.setRole(actingAs(admin), idOf(admin), 'owner')).rejects.toThrow(NotAMember)
})

const invite = async (email: string, role: Role = 'member', by: Caller = acme.owner) => {
  await invitations.invite(actingAs(by), email, role)
  return newestToken(email)
}

test('fifty concurrent accepts of one invitation create one membership', async () => {
  const user = await users.create(platform(), {
    email: 'fifty@invited.example',
    name: 'Fifty',
    verified: true,
  })
  const token = await invite(user.email)
  const tries = await Promise.allSettled(
    Array.from({ length: 50 }, () => invitations.accept(token, user)),
  )
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(
    tries.filter((one) => one.status === 'rejected' && LinkInvalid.is(one.reason)),
  ).toHaveLength(49)
  expect((await members.list(acme.id)).filter(({ email }) => email === user.email)).toHaveLength(1)
})

test('another user cannot accept an invitation, which stays open for its address', async () => {
  const token = await invite('right@invited.example', 'viewer')
  const wrong = await users.create(platform(), {
    email: 'wrong@invited.example',
    name: 'Wrong',
    verified: true,
  })
  await expect(invitations.accept(token, wrong)).rejects.toThrow(WrongAddress)
  expect(await roleOf(wrong.id)).toBeUndefined()
  const { userId } = await invitations.acceptAsNew(token, {
    name: 'Right',
    password: 'four green kettles',
  })
  expect(await roleOf(userId)).toBe('viewer')
  await expect(
    invitations.acceptAsNew(token, { name: 'Again', password: 'four green kettles' }),
  ).rejects.toThrow(LinkInvalid)
})

test('resent, revoked and expired invitations invalidate earlier links', async () => {
  const user = await users.create(platform(), {
    email: 'late@invited.example',
    name: 'Late',
    verified: true,
  })
  const first = await invite(user.email)
  const [{ id } = { id: '' }] = (await invitations.list(acme.id)).filter(
    ({ email }) => email === user.email,
  )
  await invitations.resend(actingAs(acme.owner), id)
  const second = await newestToken(user.email)
  await expect(invitations.accept(first, user)).rejects.toThrow(LinkInvalid)
  await platform()
    .update(invitationTable)
    .set({ expiresAt: new Date(0) })
    .where(eq(invitationTable.id, id))
  await expect(invitations.accept(second, user)).rejects.toThrow(LinkInvalid)
  await invitations.resend(actingAs(acme.owner), id)
  const third = await newestToken(user.email)
  await invitations.revoke(actingAs(acme.owner), id)
  await expect(invitations.accept(third, user)).rejects.toThrow(LinkInvalid)
  expect(await invitations.find(third)).toBeUndefined()
})

test('inviting to a higher role, inviting twice and inviting a member are refused, and other tenants cannot revoke an invitation', async () => {
  const admin = await memberOf(acme.id, 'admin')
  await expect(
    invitations.invite(actingAs(admin), 'boss@invited.example', 'owner'),
  ).rejects.toThrow(NotAllowed)
  await expect(
    invitations.invite(actingAs(await memberOf(acme.id, 'member')), 'x@invited.example', 'viewer'),
  ).rejects.toThrow(NotAllowed)
  await invite('twice@invited.example')
  await expect(
    invitations.invite(actingAs(admin), 'Twice@invited.example', 'viewer'),
  ).rejects.toThrow(Invalid)
  const [{ email } = { email: '' }] = await members.list(acme.id)
  await expect(invitations.invite(actingAs(admin), email, 'viewer')).rejects.toThrow(
    'already a member',
  )
  const [{ id } = { id: '' }] = await invitations.list(acme.id)
  await expect(invitations.revoke(actingAs(globex.owner, globex), id)).rejects.toThrow(NotFound)
})

const keyOf = async (
  caller: Caller,
  tenant: TestTenant,
  scope: 'read' | 'write',
): Promise<Caller> => {
  const { key } = await apiKeys.create({
    tenantId: tenant.id,
    userId: idOf(caller),
    name: 'test',
    scope,
    days: null,
  })
  return { kind: 'key', key, tenantId: tenant.id, actor: { id: idOf(caller), name: 'test' } }
}
const write = (caller: Caller) =>
  withTenant(caller, (tx) =>
    tx.update(orders).set({ note: 'by key' }).where(eq(orders.tenantId, tx.tenantId)),
  )

for (const kind of ['shared', 'schema'] as const) {
  const tenant = () => (kind === 'shared' ? acme : initech)
  test(`a key works in its own tenant only, within its scope and its member's role (${kind})`, async () => {
    const [member, viewer] = [
      await memberOf(tenant().id, 'member'),
      await memberOf(tenant().id, 'viewer'),
    ]
    const [writeKey, readKey, viewerKey] = [
      await keyOf(member, tenant(), 'write'),
      await keyOf(member, tenant(), 'read'),
      await keyOf(viewer, tenant(), 'write'),
    ]
    expect(await read(readKey)).toHaveLength(2)
    await write(writeKey)
    for (const caller of [readKey, viewerKey])
      await expect(write(caller)).rejects.toMatchObject({ cause: { code: '25006' } })
    await expect(read({ ...readKey, tenantId: globex.id } as Caller)).rejects.toThrow(NotSignedIn)
    await expect(read({ ...readKey, key: 'rowhouse_wrong' } as Caller)).rejects.toThrow(NotSignedIn)
  })

  test(`a removed member's session and key fail at the next transaction, even during a job (${kind})`, async () => {
    const member = await memberOf(tenant().id, 'member')
    const key = await keyOf(member, tenant(), 'read')
    let rounds = 0
    const job = async (caller: Caller) => {
      for (;;) {
        await read(caller)
        rounds++
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
    const ends = [job(member), job(key)].map((running) =>
      running.catch((error: unknown) => ({ error, at: performance.now() })),
    )
    await new Promise((resolve) => setTimeout(resolve, 150))
    await members.remove(actingAs(tenant().owner, tenant()), idOf(member))
    const removed = performance.now()
    const [tab, program] = await Promise.all(ends)
    expect(rounds).toBeGreaterThan(4)
    expect(tab).toMatchObject({ error: expect.any(NotAMember) as unknown })
    expect(program).toMatchObject({ error: expect.any(NotSignedIn) as unknown })
    for (const end of [tab, program])
      expect((end as { at: number }).at - removed).toBeLessThan(1000)
    expect(await apiKeys.read((key as { key: string }).key)).toBeUndefined()
  })
}

test('a key is refused while its tenant is suspended or its member is banned', async () => {
  const tenant = await createTestTenant('shared', 'c', 1)
  const member = await memberOf(tenant.id, 'member')
  const key = await keyOf(member, tenant, 'write')
  expect(await read(key)).toHaveLength(1)
  const request = { tenantId: tenant.id, slug: tenant.slug, actor: 'test', reason: 'test' }
  await suspend(tenancy(), request)
  await expect(read(key)).rejects.toThrow(TenantSuspended)
  await resume(tenancy(), request)
  await platform()
    .insert(bans)
    .values({ userId: idOf(member), by: 'test', reason: 'test' })
  await expect(read(key)).rejects.toThrow(NotSignedIn)
})

test('revoked and expired keys are refused; lists show only the last four characters', async () => {
  const { id, key } = await apiKeys.create({
    tenantId: acme.id,
    userId: idOf(acme.owner),
    name: 'old',
    scope: 'read',
    days: -1,
  })
  await expect(
    read({ kind: 'key', key, tenantId: acme.id, actor: { id: null, name: '' } }),
  ).rejects.toThrow(NotSignedIn)
  expect(JSON.stringify(await apiKeys.list(acme.id))).not.toContain(key.slice(0, -4))
  await apiKeys.revoke(acme.id, id)
  await expect(apiKeys.revoke(acme.id, id)).rejects.toThrow(NotFound)
})

beforeEach(async () => {
  const [found] = await platform()
    .select()
    .from(memberTable)
    .where(and(eq(memberTable.tenantId, acme.id), eq(memberTable.userId, idOf(acme.owner))))
  if (!found) await addMember(platform(), acme.id, idOf(acme.owner), 'owner')
})

const losses: [
  how: string,
  role: Role,
  lose: (inviter: Caller) => Promise<unknown>,
  ends: Role[],
][] = [
  [
    'is removed',
    'owner',
    (inviter) => members.remove(actingAs(acme.owner), idOf(inviter)),
    ['owner', 'member'],
  ],
  ['leaves', 'owner', (inviter) => members.leave(actingAs(inviter)), ['owner', 'member']],
  [
    'becomes an admin',
    'owner',
    (inviter) => members.setRole(actingAs(acme.owner), idOf(inviter), 'admin'),
    ['owner'],
  ],
  [
    'hands over the ownership',
    'owner',
    async (inviter) => members.transfer(actingAs(inviter), idOf(await memberOf(acme.id, 'member'))),
    ['owner'],
  ],
  [
    'becomes a viewer',
    'admin',
    (inviter) => members.setRole(actingAs(acme.owner), idOf(inviter), 'viewer'),
    ['member'],
  ],
  [
    'loses the role by a change of the database',
    'owner',
    (inviter) =>
      platform()
        .update(memberTable)
        .set({ role: 'member' })
        .where(and(eq(memberTable.tenantId, acme.id), eq(memberTable.userId, idOf(inviter)))),
    ['owner', 'member'],
  ],
  [
    'is banned',
    'owner',
    (inviter) =>
      platform()
        .insert(bans)
        .values({ userId: idOf(inviter), by: 'test', reason: 'test' }),
    ['owner', 'member'],
  ],
]
test.each(losses)(
  'an invitation ends when the member who sent it %s',
  async (how, role, lose, ends) => {
    const inviter = await memberOf(acme.id, role)
    const invited: Role[] = role === 'owner' ? ['owner', 'member'] : ['member']
    const sent = await Promise.all(
      invited.map(async (to) => {
        const email = `${how.replaceAll(' ', '-')}-${to}@invited.example`
        const user = await users.create(platform(), { email, name: 'Invited', verified: true })
        return { to, user, token: await invite(email, to, inviter) }
      }),
    )
    await lose(inviter)
    const joined = await Promise.all(
      sent.map(({ user, token }) =>
        invitations.accept(token, user).then(
          () => 'joined',
          (error: unknown) => LinkInvalid.is(error) && 'link invalid',
        ),
      ),
    )
    expect(joined).toEqual(invited.map((to) => (ends.includes(to) ? 'link invalid' : 'joined')))
  },
)
