import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { recordAudit } from '@rowhouse/tenancy/admin'
import { Invalid, NotFound, newId, type PlatformDb, newSecret, secretHash } from '@rowhouse/tenancy'
import { LinkSpent, NotAllowed, WrongAddress } from '#db/errors'
import * as letters from '#db/mail/letters'
import { post } from '#db/mail/outbox'
import { checkPassword, hashPassword } from '#db/accounts/passwords'
import { may } from '#db/accounts/permissions'
import { platform } from '#db/tenancy'
import { invitations } from '#db/schema/accounts'
import { members, users as userTable, type Role } from '#db/schema/platform'
import { tenants } from '@rowhouse/tenancy/schema'
import { addMember } from '#db/accounts/add-member'
import { count, type Policy } from '#db/accounts/throttle'
import * as users from '#db/accounts/users'
import type { ActionContext } from '#db/accounts/members'

export type Invitation = {
  id: string
  email: string
  role: Role
  sentAt: Date
  expiresAt: Date
  over: boolean
  invitedBy: string | null
}

const perTenant: Policy = {
  name: 'invitations of a tenant',
  free: 60,
  first: 30,
  longest: 3600,
  memory: 3600,
}
const lifetime = sql`now() + interval '7 days'`

export const list = (tenantId: string): Promise<Invitation[]> =>
  platform()
    .select({
      id: invitations.id,
      email: invitations.email,
      role: invitations.role,
      sentAt: invitations.sentAt,
      expiresAt: invitations.expiresAt,
      over: sql<boolean>`${invitations.expiresAt} <= now()`,
      invitedBy: userTable.name,
    })
    .from(invitations)
    .leftJoin(userTable, eq(userTable.id, invitations.invitedBy))
    .where(eq(invitations.tenantId, tenantId))
    .orderBy(asc(invitations.email))

/**
 * Invites an address, by a link that works once and for that address only. Throws Invalid,
 * NotAllowed, TooManyAttempts.
 */
export async function invite(
  context: ActionContext,
  typed: string,
  role: Role,
): Promise<{ id: string; email: string }> {
  const email = users.normalEmail(typed)
  await count(perTenant, context.tenantId)
  return platform().transaction(async (tx) => {
    await refuseUnlessMay(tx, context, role)
    const [already] = await tx
      .select({ id: userTable.id })
      .from(members)
      .innerJoin(userTable, eq(userTable.id, members.userId))
      .where(and(eq(members.tenantId, context.tenantId), eq(userTable.email, email)))
    if (already) throw new Invalid('email', `${email} is a member already.`)
    const token = newSecret()
    const [made] = await tx
      .insert(invitations)
      .values({
        id: newId(),
        tenantId: context.tenantId,
        email,
        role,
        tokenHash: secretHash(token),
        invitedBy: context.actor.id,
        expiresAt: lifetime,
      })
      .onConflictDoNothing({ target: [invitations.tenantId, invitations.email] })
      .returning({ id: invitations.id, email: invitations.email })
    if (!made)
      throw new Invalid(
        'email',
        `${email} is invited already; send the invitation again from the list.`,
      )
    await post(
      tx,
      email,
      'invitation',
      letters.invitation(context.actor.name, context.tenantName, role, token),
      context.tenantId,
    )
    return made
  })
}

/**
 * Sends an invitation again, with a new link; the old one stops working. Throws NotFound,
 * NotAllowed, TooManyAttempts.
 */
export async function resend(
  context: ActionContext,
  id: string,
): Promise<{ id: string; email: string }> {
  await count(perTenant, context.tenantId)
  return platform().transaction(async (tx) => {
    const token = newSecret()
    const [sent] = await tx
      .update(invitations)
      .set({
        tokenHash: secretHash(token),
        sentAt: sql`now()`,
        expiresAt: lifetime,
        invitedBy: context.actor.id,
      })
      .where(and(eq(invitations.tenantId, context.tenantId), eq(invitations.id, id)))
      .returning()
    if (!sent) throw new NotFound('this invitation')
    await refuseUnlessMay(tx, context, sent.role)
    await post(
      tx,
      sent.email,
      'invitation',
      letters.invitation(context.actor.name, context.tenantName, sent.role, token),
      context.tenantId,
    )
    return { id: sent.id, email: sent.email }
  })
}

/** Takes an invitation back: its link stops working. Throws NotFound, NotAllowed. */
export function revoke(context: ActionContext, id: string): Promise<{ id: string; email: string }> {
  return platform().transaction(async (tx) => {
    const [gone] = await tx
      .delete(invitations)
      .where(and(eq(invitations.tenantId, context.tenantId), eq(invitations.id, id)))
      .returning()
    if (!gone) throw new NotFound('this invitation')
    await refuseUnlessMay(tx, context, gone.role)
    return { id: gone.id, email: gone.email }
  })
}

/**
 * What a link invites to, without accepting it, and whether its address has an account. Undefined
 * when it no longer works.
 */
export async function find(token: string) {
  const [found] = await platform()
    .select({
      email: invitations.email,
      role: invitations.role,
      tenantId: tenants.id,
      tenant: tenants.name,
      invitedBy: userTable.name,
      hasAccount: sql<boolean>`exists (select from platform.users as u where u.email = ${invitations.email})`,
    })
    .from(invitations)
    .innerJoin(tenants, eq(tenants.id, invitations.tenantId))
    .leftJoin(userTable, eq(userTable.id, invitations.invitedBy))
    .where(alive(token))
  return found
}

/**
 * Joins as the user who is signed in, whose address must be the invited one. Returns the tenant.
 * Throws LinkSpent, WrongAddress.
 */
export async function accept(
  token: string,
  user: { id: string; email: string; name: string },
): Promise<string> {
  return platform().transaction((tx) => join(tx, token, user))
}

/** Joins as a new user: the link proves the mailbox. Throws LinkSpent, Invalid. */
export async function acceptAsNew(
  token: string,
  input: { name: string; password: string },
): Promise<{ userId: string; tenantId: string }> {
  const invitation = await find(token)
  if (!invitation) throw new LinkSpent()
  checkPassword(input.password, { email: invitation.email, name: input.name })
  const passwordHash = await hashPassword(input.password)
  return platform().transaction(async (tx) => {
    const user = await users.create(tx, {
      email: invitation.email,
      name: input.name,
      verified: true,
    })
    await users.setPassword(tx, user.id, passwordHash, { mailbox: true })
    return { userId: user.id, tenantId: await join(tx, token, user) }
  })
}

async function join(
  tx: PlatformDb,
  token: string,
  user: { id: string; email: string; name: string },
): Promise<string> {
  const [used] = await tx.delete(invitations).where(alive(token)).returning()
  if (!used) throw new LinkSpent()
  if (used.email !== user.email) throw new WrongAddress(used.email, user.email)
  await addMember(tx, used.tenantId, user.id, used.role)
  await recordAudit(tx, {
    actor: user.name,
    action: 'member joined',
    tenantId: used.tenantId,
    detail: { role: used.role },
  })
  return used.tenantId
}

async function refuseUnlessMay(
  tx: PlatformDb,
  { tenantId, actor }: ActionContext,
  role: Role,
): Promise<void> {
  const permission = role === 'owner' ? 'owners:write' : 'members:write'
  const [mine] = await tx
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.tenantId, tenantId), eq(members.userId, actor.id)))
  if (!mine || !may(mine.role, permission)) throw new NotAllowed(mine?.role ?? 'none', permission)
}

const alive = (token: string) =>
  and(
    eq(invitations.tokenHash, secretHash(token)),
    gt(invitations.expiresAt, sql`clock_timestamp()`),
  )
