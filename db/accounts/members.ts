import { and, asc, eq, inArray, or } from 'drizzle-orm'
import { recordAudit } from '@rowhouse/tenancy/admin'
import { NotAMember, NotFound, type PlatformDb } from '@rowhouse/tenancy'
import { LastOwner, NotAllowed } from '#db/errors'
import { may } from '#db/accounts/permissions'
import { platform } from '#db/tenancy'
import { members, sessions, users, type Role } from '#db/schema/platform'

/**
 * Who does it, and where. Their role is read again inside, since it may have changed since their
 * page was drawn.
 */
export type ActionContext = {
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
 * Gives a member another role. Admins leave owners alone. Throws NotFound, NotAllowed, LastOwner.
 */
export function setRole(context: ActionContext, userId: string, role: Role): Promise<Member> {
  return change(
    context,
    userId,
    async (tx, { target }) => {
      if (target.role === 'owner' || role === 'owner')
        refuseUnless(await roleOf(tx, context), 'owners:write')
      await tx.update(members).set({ role }).where(one(context.tenantId, userId))
      return { ...target, role }
    },
    role === 'owner',
  )
}

/**
 * Takes a member out: from their next transaction on, with their API keys. Throws NotFound,
 * NotAllowed, LastOwner.
 */
export function remove(context: ActionContext, userId: string): Promise<Member> {
  return change(context, userId, async (tx, { target }) => {
    if (target.role === 'owner') refuseUnless(await roleOf(tx, context), 'owners:write')
    await takeOut(tx, context.tenantId, userId)
    return target
  })
}

/** Goes by oneself, which every role may. Throws NotAMember, LastOwner. */
export function leave(context: ActionContext): Promise<Member> {
  return platform().transaction(async (tx) => {
    const { target, owners } = await locked(tx, context, context.actor.id)
    if (!target) throw new NotAMember(context.tenantId)
    if (target.role === 'owner' && owners === 1) throw new LastOwner(context.tenantName)
    await takeOut(tx, context.tenantId, context.actor.id)
    await recordAudit(tx, {
      actor: context.actor.name,
      action: 'member left',
      tenantId: context.tenantId,
      detail: { role: target.role },
    })
    return target
  })
}

/** Makes another member an owner and oneself an admin, at once. Throws NotFound, NotAllowed. */
export function transfer(context: ActionContext, userId: string): Promise<Member> {
  return change(
    context,
    userId,
    async (tx, { target }) => {
      refuseUnless(await roleOf(tx, context), 'owners:write')
      await tx.update(members).set({ role: 'owner' }).where(one(context.tenantId, userId))
      if (userId !== context.actor.id)
        await tx
          .update(members)
          .set({ role: 'admin' })
          .where(one(context.tenantId, context.actor.id))
      return { ...target, role: 'owner' as const }
    },
    true,
  )
}

type Found = { target: Member | undefined; owners: number }

function change(
  context: ActionContext,
  userId: string,
  work: (tx: PlatformDb, found: { target: Member }) => Promise<Member>,
  staysOwned = false,
): Promise<Member> {
  return platform().transaction(async (tx) => {
    const { target, owners } = await locked(tx, context, userId)
    refuseUnless(await roleOf(tx, context), 'members:write')
    if (!target) throw new NotFound('this member')
    if (target.role === 'owner' && owners === 1 && !staysOwned)
      throw new LastOwner(context.tenantName)
    return work(tx, { target })
  })
}

/**
 * The owners and both people, locked in one order, so that two owners cannot demote each other at
 * the same moment.
 */
async function locked(
  tx: PlatformDb,
  { tenantId, actor }: ActionContext,
  userId: string,
): Promise<Found> {
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
    .where(one(tenantId, userId))
  return { target, owners: rows.filter(({ role }) => role === 'owner').length }
}

async function roleOf(tx: PlatformDb, { tenantId, actor }: ActionContext): Promise<Role> {
  const [row] = await tx.select({ role: members.role }).from(members).where(one(tenantId, actor.id))
  if (!row) throw new NotAMember(tenantId)
  return row.role
}

function refuseUnless(role: Role, permission: 'members:write' | 'owners:write'): void {
  if (!may(role, permission)) throw new NotAllowed(role, permission)
}

async function takeOut(tx: PlatformDb, tenantId: string, userId: string): Promise<void> {
  await tx.delete(members).where(one(tenantId, userId))
  await tx
    .update(sessions)
    .set({ tenantId: null })
    .where(and(eq(sessions.tenantId, tenantId), eq(sessions.userId, userId)))
}

const one = (tenantId: string, userId: string) =>
  and(eq(members.tenantId, tenantId), eq(members.userId, userId))
