import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { countCall, newId, placementKinds, secretHash, type PlacementKind } from '@rowhouse/tenancy'
import { withConnection, recordAudit } from '@rowhouse/tenancy/admin'
import { erasures, exports, runErasure, runExport } from '@rowhouse/tenancy/data'
import { columnsWith, declaredColumns, fingerprint, tracesOf } from '@rowhouse/tenancy/testing'
import { addMember } from '#db/accounts/add-member'
import * as apiKeys from '#db/accounts/api-keys'
import * as secondFactor from '#db/accounts/second-factor'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'
import { callerFor, createTestTenant, type TestTenant } from '#db/isolation/testing/test-tenants'
import {
  devices,
  emailChanges,
  identities,
  invitations,
  links,
  emails,
  recoveryCodes,
} from '#db/schema/accounts'
import { supportAccesses, tenantSizes } from '#db/schema/console'
import { bans, operators, users as userTable } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'

const admin = process.env.DATABASE_URL ?? ''

beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-erase-'))
})

const traces = (texts: string[]) =>
  tracesOf({ adminUrl: admin, exportFolder: process.env.EXPORT_DIR ?? '' }, texts)

const tomorrow = () => new Date(Date.now() + 86_400_000)
const newUser = (name: string) =>
  users.create(platform(), { email: `${newId()}@people.example`, name, verified: true })

/** A tenant that has rows in every table, as has its owner. */
async function tenantWithRowsEverywhere(kind: PlacementKind): Promise<TestTenant> {
  const one = await createTestTenant(kind, 'gone', 5)
  const db = platform()
  const [userId, email] = [one.owner.actor.id ?? '', `owner@${one.slug}.example`]
  const expiresAt = tomorrow()
  await runExport(tenancy(), (await exports.request(db, one.id, one.mark)).id)
  await exports.request(db, one.id, one.mark)
  await recordAudit(db, {
    actor: one.mark,
    action: 'tested',
    tenantId: one.id,
    detail: { name: one.mark },
  })
  await countCall(tenancy(), { tenantId: one.id })
  await apiKeys.create({ tenantId: one.id, userId, name: one.mark, scope: 'read', days: null })
  await secondFactor.startSetup(userId)
  await db.insert(recoveryCodes).values({ userId, codeHash: secretHash(one.mark) })
  await db.insert(devices).values({ tokenHash: secretHash(one.mark), userId })
  await db.insert(identities).values({ provider: 'github', subject: one.mark, userId })
  await db.insert(bans).values({ userId, by: one.mark, reason: one.mark })
  await db.insert(links).values({
    id: newId(),
    kind: 'reset',
    tokenHash: secretHash(newId()),
    email,
    detail: { for: one.mark },
    expiresAt,
  })
  await db.insert(emailChanges).values({ userId, email: `new@${one.slug}.example`, expiresAt })
  await db.insert(invitations).values({
    id: newId(),
    tenantId: one.id,
    email: `guest@${one.slug}.example`,
    role: 'member',
    tokenHash: secretHash(newId()),
    invitedBy: userId,
    expiresAt,
  })
  await db.insert(emails).values([
    {
      id: newId(),
      tenantId: one.id,
      recipient: `${one.mark}@guest.example`,
      kind: 'invitation',
      encrypted: one.mark,
    },
    { id: newId(), recipient: email, kind: 'reset', encrypted: one.mark },
  ])
  await db.insert(tenantSizes).values({ tenantId: one.id, orders: 5, bytes: 1 })
  await db.insert(supportAccesses).values({
    id: newId(),
    tenantId: one.id,
    userId: (await newUser('Support')).id,
    reason: one.mark,
    expiresAt: sql`now() + interval '1 hour'`,
  })
  return one
}

describe.each(placementKinds)('erasing a tenant in a %s placement', (kind) => {
  it('leaves no trace of it or its members, and changes nothing for other tenants', async () => {
    const [one, other] = [
      await tenantWithRowsEverywhere(kind),
      await createTestTenant(kind, 'stays', 5),
    ]
    const guest = await newUser('Both')
    await addMember(platform(), one.id, guest.id, 'member')
    await addMember(platform(), other.id, guest.id, 'member')
    const session = await callerFor(guest.id, one.id)
    await sessions.switchTenant(session.token, one.id)
    const support = await newUser('Operator')
    await platform().insert(operators).values({ userId: support.id, addedBy: 'test' })
    await addMember(platform(), one.id, support.id, 'viewer')
    // another tenant has invited the owner's address
    await platform()
      .insert(invitations)
      .values({
        id: newId(),
        tenantId: other.id,
        email: `owner@${one.slug}.example`,
        role: 'member',
        tokenHash: secretHash(newId()),
        expiresAt: tomorrow(),
      })
    await countCall(tenancy(), { tenantId: other.id })
    const before = await fingerprint(tenancy(), other.id)
    expect((await traces([one.mark, one.id])).length).toBeGreaterThan(20)
    const personal = declaredColumns(tenancy(), 'personal')
    const tenantNames = ['tenancy.tenants.slug', 'tenancy.tenants.name']
    expect(
      (await columnsWith(admin, `${one.mark}|${one.slug}`)).filter(
        (column) => ![...personal, ...tenantNames].includes(column),
      ),
    ).toEqual([])
    expect(declaredColumns(tenancy(), 'encrypted')).toEqual(
      expect.arrayContaining(await columnsWith(admin, String.raw`v1\.[0-9a-f]{8}\.`)),
    )

    const { id } = await erasures.request(
      tenancy(),
      one.id,
      { actor: one.mark, userId: one.owner.actor.id },
      0,
    )
    const receipt = await runErasure(tenancy(), id)

    expect(receipt).toMatchObject({
      'rows of orders': 5,
      'rows of activity': 1,
      'export files': 1,
      tenants: 1,
      members: 3,
      users: 1,
      links: 1,
      emails: 2,
      api_keys: 1,
      invitations: 2,
      support_accesses: 1,
      tenant_sizes: 1,
      'sessions detached': 2,
      placements: 1,
      rate_limits: 1,
    })
    expect(await traces([one.mark, one.slug, `t_${one.id.replaceAll('-', '')}`])).toEqual([])
    expect(await traces([one.id])).toEqual(['main tenancy.audit', 'main tenancy.erasures'])
    expect(await traces([one.owner.actor.id ?? ''])).toEqual([])
    const { rows: logins } = await withConnection(admin, (client) =>
      client.query(`select from pg_roles where rolname = $1`, [`t_${one.id.replaceAll('-', '')}`]),
    )
    expect(logins).toEqual([])
    expect(await fingerprint(tenancy(), other.id)).toEqual(before)
    expect(await sessions.read(session.token)).toMatchObject({
      user: { id: guest.id },
      tenant: null,
      tenants: [{ id: other.id }],
    })
    expect(
      await platform().select().from(userTable).where(eq(userTable.id, support.id)),
    ).toMatchObject([{ lastTenantId: null }])
    expect(await runErasure(tenancy(), id)).toBeUndefined()
  }, 60_000)
})
