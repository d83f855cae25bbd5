'use server'

import { z } from 'zod'
import { tenantAction, userAction } from '#app/_actions/action'
import { id, requiredText } from '#app/_actions/field-schemas'
import * as activity from '#db/activity/activity'
import { type TenantTx, NotFound } from '@rowhouse/tenancy'
import * as invitations from '#db/accounts/invitations'
import { rolesInOrder } from '#db/accounts/member-roles'
import { countEmail } from '#db/mail/limits'
import * as members from '#db/accounts/members'
import { comparableEmail } from '#db/accounts/users'

// The activity entry is written first: by then the tenant transaction has checked the caller, and the
// entry is rolled back if the change to the platform's tables fails.

const role = z.enum(rolesInOrder, 'Choose a role.')
const userId = id('This member does not exist.')
const invitationId = id('This invitation does not exist.')

const actionContext = (
  tx: TenantTx,
  tenant: { id: string; name: string },
): members.ActingMember => ({
  tenantId: tenant.id,
  tenantName: tenant.name,
  actor: { id: tx.actor.id ?? '', name: tx.actor.name },
})

async function memberOf(tenantId: string, id: string) {
  const found = (await members.list(tenantId)).find((one) => one.userId === id)
  if (!found) throw new NotFound('this member')
  return found
}

async function invitationOf(tenantId: string, id: string) {
  const found = (await invitations.list(tenantId)).find((one) => one.id === id)
  if (!found) throw new NotFound('this invitation')
  return found
}

export const inviteMember = tenantAction(
  z.object({ email: requiredText(254, 'Enter an e-mail address.'), role }),
  async (tx, { email, role }, tenant) => {
    await countEmail(email, null)
    await activity.record(
      tx,
      'member.invited',
      { name: comparableEmail(email), id: null },
      { role },
    )
    return invitations.invite(actionContext(tx, tenant), email, role)
  },
  { may: 'members:write' },
)

export const resendInvitation = tenantAction(
  z.object({ id: invitationId }),
  async (tx, { id }, tenant) => {
    const { email } = await invitationOf(tenant.id, id)
    await countEmail(email, null)
    await activity.record(tx, 'member.reinvited', { name: email, id: null })
    return invitations.resend(actionContext(tx, tenant), id)
  },
  { may: 'members:write' },
)

export const revokeInvitation = tenantAction(
  z.object({ id: invitationId }),
  async (tx, { id }, tenant) => {
    await activity.record(tx, 'invitation.revoked', {
      name: (await invitationOf(tenant.id, id)).email,
      id: null,
    })
    return invitations.revoke(actionContext(tx, tenant), id)
  },
  { may: 'members:write' },
)

export const changeRole = tenantAction(
  z.object({ userId, role }),
  async (tx, { userId, role }, tenant) => {
    const { name, role: before } = await memberOf(tenant.id, userId)
    await activity.record(tx, 'member.role', { name, id: userId }, { from: before, to: role })
    await members.setRole(actionContext(tx, tenant), userId, role)
    return { name, role }
  },
  { may: 'members:write' },
)

export const removeMember = tenantAction(
  z.object({ userId }),
  async (tx, { userId }, tenant) => {
    const { name } = await memberOf(tenant.id, userId)
    await activity.record(tx, 'member.removed', { name, id: userId })
    await members.remove(actionContext(tx, tenant), userId)
    return { name }
  },
  { may: 'members:write' },
)

export const transferOwnership = tenantAction(
  z.object({ userId }),
  async (tx, { userId }, tenant) => {
    const { name } = await memberOf(tenant.id, userId)
    await activity.record(tx, 'owner.made', { name, id: userId })
    await members.transfer(actionContext(tx, tenant), userId)
    return { name }
  },
  { may: 'owners:write' },
)

/**
 * Every role may leave. A viewer cannot write in the tenant, so this changes the platform's tables
 * only.
 */
export const leaveOrganisation = userAction(
  z.object({ tenantId: id('This organisation does not exist.') }),
  async ({ user, tenants }, { tenantId }) => {
    const tenant = tenants.find(({ id }) => id === tenantId)
    if (!tenant) throw new NotFound('this organisation')
    await members.leave({ tenantId, tenantName: tenant.name, actor: user })
    return {}
  },
  { redirectTo: () => '/welcome' },
)
