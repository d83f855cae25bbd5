import { statusOf } from '#app/_http/status-of'
import { notFound, redirect } from 'next/navigation'
import 'server-only'
import { requireTenant, type TenantSession } from '#app/_session/session'
import { redirectToBusyPage } from '#app/_http/redirect-to-busy-page'
import { withTenant, type Caller } from '#db/tenancy'
import {
  type TenantTx,
  NotAMember,
  NotSignedIn,
  RowhouseError,
  TenantSuspended,
  TooBusy,
} from '@rowhouse/tenancy'

/** The caller of a session: a member, or an operator with support access. */
export const callerOf = ({ token, tenant, user }: TenantSession): Caller =>
  tenant.support
    ? {
        kind: 'support',
        token,
        tenantId: tenant.id,
        actor: { id: null, name: `${user.name} (support)` },
        what: tenant.support.writes ? 'in its pages, writing allowed' : 'in its pages',
      }
    : { kind: 'session', token, tenantId: tenant.id, actor: { id: user.id, name: user.name } }

/**
 * Opens tenant transactions for this request's session. Redirects to the sign-in page if the session
 * has ended, and to the choice of tenants if the membership has.
 *
 * @returns A function that runs work in one short transaction of the session's tenant.
 */
export async function tenantDb(): Promise<<T>(work: (tx: TenantTx) => Promise<T>) => Promise<T>> {
  const caller = callerOf(await requireTenant())
  return async (work) => {
    try {
      return await withTenant(caller, work)
    } catch (error) {
      if (NotSignedIn.is(error)) redirect('/sign-in')
      if (NotAMember.is(error) || TenantSuspended.is(error)) redirect('/welcome')
      if (TooBusy.is(error)) await redirectToBusyPage(error)
      if (RowhouseError.is(error) && statusOf(error) === 404) notFound()
      throw error
    }
  }
}
