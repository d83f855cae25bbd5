import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bySlug, newId, placementKinds, placementOf, secretHash } from '@rowhouse/tenancy'
import { withConnection, unprovision } from '@rowhouse/tenancy/admin'
import { restoreTenant, writeExport } from '@rowhouse/tenancy/data'
import { usage } from '@rowhouse/tenancy/schema'
import { fingerprint } from '@rowhouse/tenancy/testing'
import { addMember } from '#db/accounts/add-member'
import * as apiKeys from '#db/accounts/api-keys'
import * as members from '#db/accounts/members'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'
import { callerFor, createTestTenant, memberOf } from '#db/isolation/testing/test-tenants'
import { apiKeys as keyTable, invitations, emails } from '#db/schema/accounts'
import { tenantSizes } from '#db/schema/console'
import { users as userTable } from '#db/schema/platform'
import { platform, tenancy, withTenant } from '#db/tenancy'

const made: string[] = []
let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'rowhouse-restore-'))))
afterAll(async () => {
  for (const id of made) await unprovision(tenancy(), id, await placementOf(tenancy(), id))
  await rm(folder, { recursive: true })
})

const asAdmin = (text: string) =>
  withConnection(process.env.DATABASE_URL ?? '', (admin) => admin.query(text))
const measured = (id: string) => `
  insert into platform.tenant_sizes (tenant_id, orders, bytes) values (${id}, 1, 1);
  insert into tenancy.usage (tenant_id, hour) values (${id}, date_trunc('hour', now()));`

const source = async (kind: (typeof placementKinds)[number], name: string) => {
  const one = await createTestTenant(kind, name, 12)
  made.push(one.id)
  const path = join(folder, `${one.slug}.zip`)
  await writeExport(tenancy(), await placementOf(tenancy(), one.id), { path, reason: 'test' })
  return { ...one, path }
}

describe.each(placementKinds)('a restore of a tenant in a %s placement', (kind) => {
  it('restores its data, keeps members, sessions and keys, and changes no other tenant', async () => {
    const [one, other] = [await source(kind, 'source'), await createTestTenant(kind, 'other', 3)]
    made.push(other.id)
    const ownerId = one.owner.actor.id ?? ''
    const viewer = await memberOf(one.id, 'viewer')
    const guest = await users.create(platform(), { email: `${newId()}@both.example`, name: 'Both' })
    for (const { id } of [other, one]) await addMember(platform(), id, guest.id, 'member')
    const session = await callerFor(guest.id, other.id)
    await sessions.switchTenant(session.token, other.id)
    const { key } = await apiKeys.create({
      tenantId: one.id,
      userId: ownerId,
      name: 'key',
      scope: 'write',
      days: null,
    })
    await platform()
      .insert(invitations)
      .values({
        id: newId(),
        tenantId: one.id,
        email: 'new@people.example',
        role: 'admin',
        tokenHash: secretHash(newId()),
        invitedBy: ownerId,
        expiresAt: sql`now() + interval '1 day'`,
      })
    await platform()
      .insert(emails)
      .values({ id: newId(), tenantId: one.id, recipient: 'x', kind: 'invitation' })
    await sessions.switchTenant(one.owner.token, one.id)
    // the worker may insert rows for the new tenant while it is being restored
    await asAdmin(`${measured(`'${one.id}'`)}
      create function platform.measure() returns trigger language plpgsql as $$ begin ${measured('new.tenant_id')} return new; end $$;
      create trigger measure after insert on tenancy.suspensions for each row execute function platform.measure()`)
    const good = await fingerprint(tenancy(), one.id)
    const others = await fingerprint(tenancy(), other.id)
    await withTenant(
      one.owner,
      async (tx) =>
        void (await tx.execute(sql`delete from order_lines where tenant_id = ${tx.tenantId}`)),
    )
    const { tenantId, before } = await restoreTenant(tenancy(), one.slug, one.path, 'test').finally(
      () => asAdmin('drop function platform.measure() cascade'),
    )
    made.push(tenantId)

    expect(await fingerprint(tenancy(), tenantId)).toEqual(good)
    expect((await bySlug(platform(), one.slug)).id).toBe(tenantId)
    expect((await bySlug(platform(), before.slug)).id).toBe(one.id)
    expect((await sessions.read(one.owner.token))?.tenant).toMatchObject({
      id: tenantId,
      slug: one.slug,
      role: 'owner',
    })
    expect((await sessions.read(viewer.token))?.tenant).toMatchObject({
      id: tenantId,
      role: 'viewer',
    })
    expect(await sessions.read(session.token)).toMatchObject({
      tenant: { id: other.id },
      tenants: expect.arrayContaining([
        expect.objectContaining({ id: tenantId, role: 'member' }),
      ]) as unknown,
    })
    expect(await apiKeys.read(key)).toMatchObject({ tenantId, role: 'owner', scope: 'write' })
    const db = platform()
    for (const [table, rows] of [
      [keyTable, 1],
      [invitations, 1],
      [emails, 1],
      [tenantSizes, 1],
      [usage, 1],
    ] as const) {
      expect(await db.select().from(table).where(eq(table.tenantId, tenantId))).toHaveLength(rows)
      expect(await db.select().from(table).where(eq(table.tenantId, one.id))).toEqual([])
    }
    expect(await members.list(one.id)).toEqual([])
    const [owner] = await db.select().from(userTable).where(eq(userTable.id, ownerId))
    expect(owner?.lastTenantId).toBe(tenantId)
    await expect(withTenant(one.owner, async () => {})).rejects.toThrow('not a member')
    expect(await withTenant({ ...one.owner, tenantId }, async (tx) => tx.tenantId)).toBe(tenantId)
    expect(await fingerprint(tenancy(), other.id)).toEqual(others)
  }, 60_000)
})

describe('a restore', () => {
  it('is refused for a tenant without an owner', async () => {
    const one = await source('shared', 'left')
    await platform().execute(sql`delete from platform.members where tenant_id = ${one.id}`)
    await expect(restoreTenant(tenancy(), one.slug, one.path, 'test')).rejects.toThrow(
      'has no owner, so nobody could use the restored tenant',
    )
  })
})
