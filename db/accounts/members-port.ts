import { and, asc, eq, exists, inArray, notExists, sql } from 'drizzle-orm'
import { QueryBuilder } from 'drizzle-orm/pg-core'
import { permissions } from '#db/accounts/permissions'
import type { MembersPort, PlatformDb } from '@rowhouse/tenancy'
import { emailChanges, invitations, links, emails } from '#db/schema/accounts'
import { bans, members, operators, users } from '#db/schema/platform'

/** Answers the engine's questions about a tenant's members. */
export const membersPort: MembersPort = {
  async addOwner(db, tenantId, userId) {
    await db.insert(members).values({ tenantId, userId, role: 'owner' }).onConflictDoNothing()
  },

  async firstOwner(db, tenantId) {
    const [owner] = await db
      .select({ id: members.userId })
      .from(members)
      .where(and(eq(members.tenantId, tenantId), eq(members.role, 'owner')))
      .orderBy(asc(members.joinedAt))
      .limit(1)
    return owner?.id
  },

  list: (db, tenantId) =>
    db
      .select({
        name: users.name,
        email: users.email,
        role: members.role,
        joinedAt: members.joinedAt,
      })
      .from(members)
      .innerJoin(users, eq(users.id, members.userId))
      .where(eq(members.tenantId, tenantId))
      .orderBy(users.email),

  mayExport({ tenantId, userId }) {
    const query = new QueryBuilder()
    const allowed = query
      .select({ one: sql`1` })
      .from(members)
      .where(
        and(
          eq(members.tenantId, tenantId),
          eq(members.userId, userId),
          inArray(members.role, permissions['data:export']),
        ),
      )
    const banned = query
      .select({ one: sql`1` })
      .from(bans)
      .where(eq(bans.userId, userId))
    return sql`(${exists(allowed)} and ${notExists(banned)})`
  },

  async erase(db, tenantId, eraseTenant) {
    const counts = { 'rows by email address': 0, users: 0 }
    const exclusiveMembers = await membersOfThisTenantOnly(db, tenantId)
    await eraseTenant()
    for (const { id, email } of exclusiveMembers) {
      counts['rows by email address'] += await eraseByAddress(db, email)
      const { rowCount } = await db.delete(users).where(eq(users.id, id))
      counts.users += rowCount ?? 0
    }
    await db.update(users).set({ lastTenantId: null }).where(eq(users.lastTenantId, tenantId))
    return counts
  },

  async transfer(db, from, to) {
    await db.update(users).set({ lastTenantId: to }).where(eq(users.lastTenantId, from))
  },
}

/** Members who belong to no other tenant and are not operators; locked until the commit. */
async function membersOfThisTenantOnly(
  db: PlatformDb,
  tenantId: string,
): Promise<{ id: string; email: string }[]> {
  const { rows } = await db.execute<{ id: string; email: string }>(sql`
    select u.id, u.email
    from ${users} as u
    join ${members} as m on m.user_id = u.id and m.tenant_id = ${tenantId}
    where not exists (select from ${members} as o where o.user_id = u.id and o.tenant_id <> ${tenantId})
      and not exists (select from ${operators} as o where o.user_id = u.id)
    for update of u`)
  return rows
}

/** Deletes rows that belong to an address, not to a user. */
async function eraseByAddress(db: PlatformDb, email: string): Promise<number> {
  const results = [
    await db.delete(links).where(eq(links.email, email)),
    await db.delete(emailChanges).where(eq(emailChanges.email, email)),
    await db.delete(invitations).where(eq(invitations.email, email)),
    await db.delete(emails).where(eq(emails.recipient, email)),
  ]
  return results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
}
