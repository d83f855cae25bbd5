import { and, asc, eq, inArray, or } from 'drizzle-orm'
import { recordAudit } from '@rowhouse/tenancy/admin'
import { NotAMember, NotFound, type PlatformDb } from '@rowhouse/tenancy'
import { LastOwner, NotAllowed } from '#db/errors'
import { may } from '#db/accounts/permissions'
import { platform } from '#db/tenancy'
import { invitations } from '#db/schema/accounts'
import { members, sessions, users, type Role } from '#db/schema/platform'

/**
 * The member who makes a change, and their tenant. Their role is not included: it is read in the
 * transaction, because it may have changed since the page was rendered.
 */
export type ActingMember = {
  tenantId: string
  tenantName: string
  actor: { id: string; name: string }
}
export type Member = { userId: string; name: string; email: string; role: Role; joinedAt: Date }

const columns = {
  userId: members.userId,
  name: users.name,
  email: users.email,
  role: members.role,
  joinedAt: members.joinedAt,
}

export const list = (tenantId: string): Promise<Member[]> =>
  platform()
    .select(columns)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.tenantId, tenantId))
    .orderBy(asc(users.name), asc(users.id))

/**
 * Changes a member's role. Only owners may make or demote owners.
 *
 * @throws NotFound, NotAllowed, LastOwner
 */
export function setRole(by: ActingMember, userId: string, role: Role): Promise<Member> {
  return change(
    by,
    userId,
    async (tx, { target }) => {
      if (target.role === 'owner' || role === 'owner')
        requirePermission(await roleOf(tx, by), 'owners:write')
      await tx.update(members).set({ role }).where(isMember(by.tenantId, userId))
      await revokeInvitationsOf(tx, by.tenantId, userId, role)
      return { ...target, role }
    },
    role === 'owner',
  )
}

/**
 * Removes a member and their API keys. This takes effect with their next transaction.
 *
 * @throws NotFound, NotAllowed, LastOwner
 */
export function remove(by: ActingMember, userId: string): Promise<Member> {
  return change(by, userId, async (tx, { target }) => {
    if (target.role === 'owner') requirePermission(await roleOf(tx, by), 'owners:write')
    await deleteMember(tx, by.tenantId, userId)
    return target
  })
}

/**
 * Lets a member of any role leave the tenant.
 *
 * @throws NotAMember, LastOwner
 */
export function leave(by: ActingMember): Promise<Member> {
  return platform().transaction(async (tx) => {
    const { target, owners } = await lockMembers(tx, by, by.actor.id)
    if (!target) throw new NotAMember(by.tenantId)
    if (target.role === 'owner' && owners === 1) throw new LastOwner(by.tenantName)
    await deleteMember(tx, by.tenantId, by.actor.id)
    await recordAudit(tx, {
      actor: by.actor.name,
      action: 'member left',
      tenantId: by.tenantId,
      detail: { role: target.role },
    })
    return target
  })
}

/**
 * Makes another member an owner and the acting owner an admin, in one transaction.
 *
 * @throws NotFound, NotAllowed
 */
export function transfer(by: ActingMember, userId: string): Promise<Member> {
  return change(
    by,
    userId,
    async (tx, { target }) => {
      requirePermission(await roleOf(tx, by), 'owners:write')
      await tx.update(members).set({ role: 'owner' }).where(isMember(by.tenantId, userId))
      if (userId !== by.actor.id) {
        await tx.update(members).set({ role: 'admin' }).where(isMember(by.tenantId, by.actor.id))
        await revokeInvitationsOf(tx, by.tenantId, by.actor.id, 'admin')
      }
      return { ...target, role: 'owner' as const }
    },
    true,
  )
}

type LockedMembers = { target: Member | undefined; owners: number }

/** @param staysOwned - True when the change leaves an owner even if the target is the last one. */
function change(
  by: ActingMember,
  userId: string,
  work: (tx: PlatformDb, found: { target: Member }) => Promise<Member>,
  staysOwned = false,
): Promise<Member> {
  return platform().transaction(async (tx) => {
    const { target, owners } = await lockMembers(tx, by, userId)
    requirePermission(await roleOf(tx, by), 'members:write')
    if (!target) throw new NotFound('this member')
    if (target.role === 'owner' && owners === 1 && !staysOwned) throw new LastOwner(by.tenantName)
    return work(tx, { target })
  })
}

/**
 * Locks the owners and both people, always in the same order, so that two owners cannot demote each
 * other at the same time.
 */
async function lockMembers(
  tx: PlatformDb,
  { tenantId, actor }: ActingMember,
  userId: string,
): Promise<LockedMembers> {
  const rows = await tx
    .select({ userId: members.userId, role: members.role })
    .from(members)
    .where(
      and(
        eq(members.tenantId, tenantId),
        or(eq(members.role, 'owner'), inArray(members.userId, [actor.id, userId])),
      ),
    )
    .orderBy(asc(members.userId))
    .for('update')
  const [target] = await tx
    .select(columns)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(isMember(tenantId, userId))
  return { target, owners: rows.filter(({ role }) => role === 'owner').length }
}

async function roleOf(tx: PlatformDb, { tenantId, actor }: ActingMember): Promise<Role> {
  const [row] = await tx
    .select({ role: members.role })
    .from(members)
    .where(isMember(tenantId, actor.id))
  if (!row) throw new NotAMember(tenantId)
  return row.role
}

function requirePermission(role: Role, permission: 'members:write' | 'owners:write'): void {
  if (!may(role, permission)) throw new NotAllowed(role, permission)
}

async function deleteMember(tx: PlatformDb, tenantId: string, userId: string): Promise<void> {
  await tx.delete(members).where(isMember(tenantId, userId))
  await revokeInvitationsOf(tx, tenantId, userId, undefined)
  await tx
    .update(sessions)
    .set({ tenantId: null })
    .where(and(eq(sessions.tenantId, tenantId), eq(sessions.userId, userId)))
}

const isMember = (tenantId: string, userId: string) =>
  and(eq(members.tenantId, tenantId), eq(members.userId, userId))

/**
 * Revokes the invitations that a member sent and may no longer send, because their role has changed
 * or they are no longer a member.
 *
 * @param role - Their role now; undefined if they have left.
 */
async function revokeInvitationsOf(
  tx: PlatformDb,
  tenantId: string,
  userId: string,
  role: Role | undefined,
): Promise<void> {
  if (role && may(role, 'owners:write')) return
  await tx
    .delete(invitations)
    .where(
      and(
        eq(invitations.tenantId, tenantId),
        eq(invitations.invitedBy, userId),
        role && may(role, 'members:write') ? eq(invitations.role, 'owner') : undefined,
      ),
    )
}
