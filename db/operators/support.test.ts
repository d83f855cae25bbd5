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
const tenants = {} as Record<PlacementKind, TestTenant>
let olivia: { id: string; token: string; user: { id: string; name: string; email: string } }

beforeAll(async () => {
  for (const kind of kinds) tenants[kind] = await createTestTenant(kind, 's', 1)
  const user = await users.create(platform(), {
    email: 'olivia@support.example',
    name: 'Olivia',
    verified: true,
  })
  await users.makeOperator(platform(), user.id, 'test')
  const token = await sessions.start(user.id, { device: 'test', address: '' })
  const session = await sessions.read(token)
  olivia = { id: session?.id ?? '', token, user }
})
afterAll(async () => {
  for (const { id } of Object.values(tenants))
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
const activityOf = ({ id, owner }: TestTenant) =>
  withTenant(owner, (tx) => tx.select().from(activity).where(eq(activity.tenantId, id)))
const supportActivity = async (tenant: TestTenant) =>
  (await activityOf(tenant))
    .filter(({ action }) => action.startsWith('support.'))
    .map(({ action, subject }) => [action, subject])

describe.each(kinds)('support in a %s placement', (kind) => {
  test('can read during a visit only and write only when allowed, and is recorded in the audit trail and the activity', async () => {
    const tenant = tenants[kind]
    expect(await refusal(look(tenant.id))).toBe('NotAMember')
    await begin(tenant.id)
    expect((await look(tenant.id)).length).toBeGreaterThan(0)
    expect(await refusal(write(tenant.id))).toBe('25006')
    expect(await supportActivity(tenant)).toEqual([['support.entered', 'ticket 7']])
    await support.allowWriting(olivia, 'they asked for it')
    await write(tenant.id)
    expect(await supportActivity(tenant)).toEqual([
      ['support.entered', 'ticket 7'],
      ['support.acted', 'ticket 7'],
    ])
    const { rows } = await withTenant(tenant.owner, (tx) =>
      trail.list(tx, { about: 'operators', search: '', size: 10, cursor: null }),
    )
    expect(rows.map(({ action }) => action)).toEqual(['support.acted', 'support.entered'])
    await support.endVisit(olivia)
    expect(await refusal(look(tenant.id))).toBe('NotAMember')
    expect(await auditActions(tenant.id)).toEqual(
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

  test('has access to no other tenant, and to none once the access expired or the operator was removed', async () => {
    const tenant = tenants[kind]
    await begin(tenant.id)
    for (const other of kinds.filter((one) => one !== kind))
      expect(await refusal(look(tenants[other].id))).toBe('NotAMember')
    await platform()
      .update(supportAccesses)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(eq(supportAccesses.tenantId, tenant.id))
    expect(await refusal(look(tenant.id))).toBe('NotAMember')
    await begin(tenant.id)
    await platform().delete(operators).where(eq(operators.userId, olivia.user.id))
    expect(await refusal(look(tenant.id))).toBe('NotAMember')
    expect((await sessions.read(olivia.token))?.tenant).toBeNull()
    await users.makeOperator(platform(), olivia.user.id, 'test')
    await support.endVisit(olivia)
  })

  test('has no access when the audit row cannot be written', async () => {
    const asAdmin = (text: string) =>
      withConnection(env().DATABASE_URL ?? '', (client) => client.query(text))
    await begin(tenants[kind].id)
    await asAdmin('alter table tenancy.audit add constraint full_up check (seq < 0) not valid')
    try {
      expect(await refusal(look(tenants[kind].id))).toBe('23514')
    } finally {
      await asAdmin('alter table tenancy.audit drop constraint full_up')
      await support.endVisit(olivia)
    }
  })
})

test('the session has the role viewer in the tenant, and member once writing is allowed', async () => {
  await begin(tenants.shared.id)
  expect((await sessions.read(olivia.token))?.tenant).toMatchObject({
    id: tenants.shared.id,
    role: 'viewer',
    support: { writes: false },
  })
  await support.allowWriting(olivia, 'why')
  expect((await sessions.read(olivia.token))?.tenant).toMatchObject({
    role: 'member',
    support: { writes: true },
  })
  await expect(begin(tenants.schema.id)).rejects.toThrow('inside a tenant as support already')
  await support.endVisit(olivia)
})
