import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withConnection, unprovision } from '@rowhouse/tenancy/admin'
import { withTenant, type Caller, platform, tenancy } from '#db/tenancy'
import { env } from '#db/env'
import { newId, closePools, placementOf, type PlacementKind } from '@rowhouse/tenancy'
import { createTestTenant, refusal, type TestTenant } from '#db/isolation/testing/test-tenants'
import * as trail from '#db/activity/activity'
import { supportAccesses } from '#db/schema/console'
import { audit } from '@rowhouse/tenancy/schema'
import { operators } from '#db/schema/platform'
import { activity, customers } from '#db/schema/tenant'
import * as sessions from '#db/accounts/sessions'
import * as support from '#db/operators/support'
import * as users from '#db/accounts/users'

const kinds: PlacementKind[] = ['shared', 'schema', 'database']
const homes = {} as Record<PlacementKind, TestTenant>
let olivia: { id: string; token: string; user: { id: string; name: string; email: string } }

beforeAll(async () => {
  for (const kind of kinds) homes[kind] = await createTestTenant(kind, 's', 1)
  const user = await users.create(platform(), {
    email: 'olivia@support.example',
    name: 'Olivia',
    verified: true,
  })
  await users.makeOperator(platform(), user.id, 'test')
  const token = await sessions.start(user.id, { device: 'test', address: '' })
  const facts = await sessions.read(token)
  olivia = { id: facts?.id ?? '', token, user }
})
afterAll(async () => {
  for (const { id } of Object.values(homes))
    await unprovision(tenancy(), id, await placementOf(tenancy(), id))
  await closePools(tenancy())
})

const asSupport = (tenantId: string): Caller => ({
  kind: 'support',
  token: olivia.token,
  tenantId,
  actor: { id: null, name: 'Olivia (support)' },
  what: 'a test',
})
const look = (tenantId: string) =>
  withTenant(asSupport(tenantId), (tx) =>
    tx.select().from(customers).where(eq(customers.tenantId, tenantId)),
  )
const write = (tenantId: string) =>
  withTenant(asSupport(tenantId), (tx) =>
    tx.insert(customers).values({ tenantId, id: newId(), name: 'By support' }),
  )
const begin = (tenantId: string) =>
  support.beginVisit(olivia, { tenantId, reason: 'ticket 7', minutes: 30 })
const auditActions = async (tenantId: string) =>
  (
    await platform().select().from(audit).where(eq(audit.tenantId, tenantId)).orderBy(audit.seq)
  ).map(({ action }) => action)
const told = ({ id, owner }: TestTenant) =>
  withTenant(owner, (tx) => tx.select().from(activity).where(eq(activity.tenantId, id)))
const tellings = async (home: TestTenant) =>
  (await told(home))
    .filter(({ action }) => action.startsWith('support.'))
    .map(({ action, subject }) => [action, subject])

describe.each(kinds)('support in a %s placement', (kind) => {
  test('looks only while let in, changes nothing unless that was allowed, and leaves both trails', async () => {
    const home = homes[kind]
    expect(await refusal(look(home.id))).toBe('NotAMember')
    await begin(home.id)
    expect((await look(home.id)).length).toBeGreaterThan(0)
    expect(await refusal(write(home.id))).toBe('25006')
    expect(await tellings(home)).toEqual([['support.entered', 'ticket 7']])
    await support.allowWriting(olivia, 'they asked for it')
    await write(home.id)
    expect(await tellings(home)).toEqual([
      ['support.entered', 'ticket 7'],
      ['support.acted', 'ticket 7'],
    ])
    const { rows } = await withTenant(home.owner, (tx) =>
      trail.list(tx, { about: 'operators', search: '', size: 10, cursor: null }),
    )
    expect(rows.map(({ action }) => action)).toEqual(['support.acted', 'support.entered'])
    await support.endVisit(olivia)
    expect(await refusal(look(home.id))).toBe('NotAMember')
    expect(await auditActions(home.id)).toEqual(
      expect.arrayContaining([
        'support access begun',
        'support looks: comes in',
        'support looks: a test',
        'support may write',
        'support acts: a test',
        'support access ended',
      ]),
    )
  })

  test('is in no other tenant, and nowhere when its time is over or the operator is none any more', async () => {
    const home = homes[kind]
    await begin(home.id)
    for (const other of kinds.filter((one) => one !== kind))
      expect(await refusal(look(homes[other].id))).toBe('NotAMember')
    await platform()
      .update(supportAccesses)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(eq(supportAccesses.tenantId, home.id))
    expect(await refusal(look(home.id))).toBe('NotAMember')
    await begin(home.id)
    await platform().delete(operators).where(eq(operators.userId, olivia.user.id))
    expect(await refusal(look(home.id))).toBe('NotAMember')
    expect((await sessions.read(olivia.token))?.tenant).toBeNull()
    await users.makeOperator(platform(), olivia.user.id, 'test')
    await support.endVisit(olivia)
  })

  test('does not come in when the audit row cannot be written', async () => {
    const asAdmin = (text: string) =>
      withConnection(env().DATABASE_URL ?? '', (client) => client.query(text))
    await begin(homes[kind].id)
    await asAdmin('alter table tenancy.audit add constraint full_up check (seq < 0) not valid')
    try {
      expect(await refusal(look(homes[kind].id))).toBe('23514')
    } finally {
      await asAdmin('alter table tenancy.audit drop constraint full_up')
      await support.endVisit(olivia)
    }
  })
})

test('a session is in its tenant as a viewer, and as a member once writing is allowed', async () => {
  await begin(homes.shared.id)
  expect((await sessions.read(olivia.token))?.tenant).toMatchObject({
    id: homes.shared.id,
    role: 'viewer',
    support: { writes: false },
  })
  await support.allowWriting(olivia, 'why')
  expect((await sessions.read(olivia.token))?.tenant).toMatchObject({
    role: 'member',
    support: { writes: true },
  })
  await expect(begin(homes.schema.id)).rejects.toThrow('inside a tenant as support already')
  await support.endVisit(olivia)
})
