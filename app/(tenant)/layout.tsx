import type { ReactNode } from 'react'
import { requireTenant } from '#app/session'
import { signOutAction, switchTenantAction } from '#app/sign-in-actions'
import { Shell } from '#components/shell/shell'
import { may } from '#db/permissions'

export default async function TenantLayout({ children }: { children: ReactNode }) {
  const { tenant, tenants, user } = await requireTenant()
  return (
    <Shell tenant={tenant} tenants={tenants} user={user} switchTenant={switchTenantAction} signOut={signOutAction} mayWrite={may(tenant.role, 'orders:write')}>
      {children}
    </Shell>
  )
}
