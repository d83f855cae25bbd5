import type { ReactNode } from 'react'
import { requireTenant } from '#app/session'
import { signOutAction, switchTenantAction } from '#app/sign-in-actions'
import { Shell } from '#components/shell/shell'

export default async function TenantLayout({ children }: { children: ReactNode }) {
  const { tenant, tenants, user } = await requireTenant()
  return (
    <Shell tenant={tenant} tenants={tenants} user={user} switchTenant={switchTenantAction} signOut={signOutAction} tools={null}>
      {children}
    </Shell>
  )
}
