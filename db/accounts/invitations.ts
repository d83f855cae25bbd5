import { and, asc, eq, exists, gt, inArray, ne, notExists, or, sql } from 'drizzle-orm'
import { recordAudit } from '@rowhouse/tenancy/admin'
import { Invalid, NotFound, newId, type PlatformDb, newSecret, secretHash } from '@rowhouse/tenancy'
import { LinkInvalid, NotAllowed, WrongAddress } from '#db/errors'
import * as templates from '#db/mail/templates'
import { queueEmail } from '#db/mail/outbox'
import { validatePassword, hashPassword } from '#db/accounts/passwords'
import { may, permissions } from '#db/accounts/permissions'
import { platform } from '#db/tenancy'
import { invitations } from '#db/schema/accounts'
import { bans, members, users as userTable, type Role } from '#db/schema/platform'
import { tenants } from '@rowhouse/tenancy/schema'
import { addMember } from '#db/accounts/add-member'
import { countAttempt, type AttemptPolicy } from '#db/accounts/throttle'
import * as users from '#db/accounts/users'
import type { ActingMember } from '#db/accounts/members'

export type Invitation = {
  id: string
  email: string
  role: Role
  sentAt: Date
  expiresAt: Date
  expired: boolean
  invitedBy: string | null
}

const perTenant: AttemptPolicy = {
  name: 'invitations of a tenant',
  freeAttempts: 60,
  firstDelay: 30,
  maxDelay: 3600,
  resetAfter: 3600,
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
      expired: sql<boolean>`${invitations.expiresAt} <= now()`,
      invitedBy: userTable.name,
    })
    .from(invitations)
    .leftJoin(userTable, eq(userTable.id, invitations.invitedBy))
    .where(eq(invitations.tenantId, tenantId))
    .orderBy(asc(invitations.email))

/**
 * Invites an address. The link works once, and only for that address.
 *
 * @throws Invalid, NotAllowed, TooManyAttempts
 */
export async function invite(
  by: ActingMember,
  typed: string,
  role: Role,
): Promise<{ id: string; email: string }> {
  const email = users.normalizeEmail(typed)
  await countAttempt(perTenant, by.tenantId)
  return platform().transaction(async (tx) => {
    await requirePermission(tx, by, role)
    const [already] = await tx
      .select({ id: userTable.id })
      .from(members)
      .innerJoin(userTable, eq(userTable.id, members.userId))
      .where(and(eq(members.tenantId, by.tenantId), eq(userTable.email, email)))
    if (already) throw new Invalid('email', `${email} is already a member.`)
    const token = newSecret()
    const [invitation] = await tx
      .insert(invitations)
      .values({
        id: newId(),
        tenantId: by.tenantId,
        email,
        role,
        tokenHash: secretHash(token),
        invitedBy: by.actor.id,
        expiresAt: lifetime,
      })
      .onConflictDoNothing({ target: [invitations.tenantId, invitations.email] })
      .returning({ id: invitations.id, email: invitations.email })
    if (!invitation)
      throw new Invalid(
        'email',
        `${email} is already invited; resend the invitation from the list.`,
      )
    await queueEmail(tx, {
      to: email,
      kind: 'invitation',
      content: templates.invitation(by.actor.name, by.tenantName, role, token),
      tenantId: by.tenantId,
    })
    return invitation
  })
}

/**
 * Sends an invitation again with a new link; the old link stops working.
 *
 * @throws NotFound, NotAllowed, TooManyAttempts
 */
export async function resend(by: ActingMember, id: string): Promise<{ id: string; email: string }> {
  await countAttempt(perTenant, by.tenantId)
  return platform().transaction(async (tx) => {
    const token = newSecret()
    const [sent] = await tx
      .update(invitations)
      .set({
        tokenHash: secretHash(token),
        sentAt: sql`now()`,
        expiresAt: lifetime,
        invitedBy: by.actor.id,
      })
      .where(and(eq(invitations.tenantId, by.tenantId), eq(invitations.id, id)))
      .returning()
    if (!sent) throw new NotFound('this invitation')
    await requirePermission(tx, by, sent.role)
    await queueEmail(tx, {
      to: sent.email,
      kind: 'invitation',
      content: templates.invitation(by.actor.name, by.tenantName, sent.role, token),
      tenantId: by.tenantId,
    })
    return { id: sent.id, email: sent.email }
  })
}

/**
 * Revokes an invitation: its link stops working.
 *
 * @throws NotFound, NotAllowed
 */
export function revoke(by: ActingMember, id: string): Promise<{ id: string; email: string }> {
  return platform().transaction(async (tx) => {
    const [revoked] = await tx
      .delete(invitations)
      .where(and(eq(invitations.tenantId, by.tenantId), eq(invitations.id, id)))
      .returning()
    if (!revoked) throw new NotFound('this invitation')
    await requirePermission(tx, by, revoked.role)
    return { id: revoked.id, email: revoked.email }
  })
}

/**
 * Reads an invitation without accepting it, and whether its address has an account.
 *
 * @returns Undefined when the link no longer works.
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
    .where(isValid(token))
  return found
}

/**
 * Accepts as the signed-in user, whose address must be the invited one.
 *
 * @returns The tenant's id.
 * @throws LinkInvalid, WrongAddress
 */
export async function accept(
  token: string,
  user: { id: string; email: string; name: string },
): Promise<string> {
  return platform().transaction((tx) => join(tx, token, user))
}

/**
 * Accepts as a new user. The link proves that the mailbox is theirs.
 *
 * @throws LinkInvalid, Invalid
 */
export async function acceptAsNew(
  token: string,
  input: { name: string; password: string },
): Promise<{ userId: string; tenantId: string }> {
  const invitation = await find(token)
  if (!invitation) throw new LinkInvalid()
  await validatePassword(input.password, {
    email: invitation.email,
    name: input.name,
    tenants: [invitation.tenant],
  })
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
  const [used] = await tx.delete(invitations).where(isValid(token)).returning()
  if (!used) throw new LinkInvalid()
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

async function requirePermission(
  tx: PlatformDb,
  { tenantId, actor }: ActingMember,
  role: Role,
): Promise<void> {
  const permission = role === 'owner' ? 'owners:write' : 'members:write'
  const [mine] = await tx
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.tenantId, tenantId), eq(members.userId, actor.id)))
  if (!mine || !may(mine.role, permission)) throw new NotAllowed(mine?.role ?? 'none', permission)
}

/** The link works as long as its sender may still invite others to its role. */
const isValid = (token: string) =>
  and(
    eq(invitations.tokenHash, secretHash(token)),
    gt(invitations.expiresAt, sql`clock_timestamp()`),
    exists(
      platform()
        .select()
        .from(members)
        .where(
          and(
            eq(members.tenantId, invitations.tenantId),
            eq(members.userId, invitations.invitedBy),
            mayInvite(members.role),
            notExists(platform().select().from(bans).where(eq(bans.userId, invitations.invitedBy))),
          ),
        ),
    ),
  )

/** True if a member with this role may invite others to the role of the invitation. */
const mayInvite = (role: typeof members.role) =>
  or(
    inArray(role, permissions['owners:write']),
    and(ne(invitations.role, 'owner'), inArray(role, permissions['members:write'])),
  )
