import { and, asc, eq, exists, inArray, notExists, sql } from 'drizzle-orm'
import { QueryBuilder } from 'drizzle-orm/pg-core'
import { permissions } from '#db/accounts/permissions'
import type { MembersPort, PlatformDb } from '@rowhouse/tenancy'
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

  async erase(db, tenantId, { eraseTenant, eraseAddress }) {
    const counts = { users: 0 }
    const exclusiveMembers = await membersOfThisTenantOnly(db, tenantId)
    await eraseTenant()
    for (const { id, email } of exclusiveMembers) {
      await eraseAddress(email)
      const { rowCount } = await db.delete(users).where(eq(users.id, id))
      counts.users += rowCount ?? 0
    }
    return counts
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
