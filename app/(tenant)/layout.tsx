import type { ReactNode } from 'react'
import { allowSupportToWrite, endSupport } from '#app/console/tenants/support-actions'
import { requireTenant } from '#app/_session/session'
import { signOutAction, switchTenantAction } from '#app/_actions/sign-in-actions'
import { SupportBanner } from '#components/console/support-banner'
import { DraftUser } from '#components/forms/form-draft'
import { Shell } from '#components/shell/shell'
import { may } from '#db/accounts/permissions'

export default async function TenantLayout({ children }: { children: ReactNode }) {
  const { tenant, tenants, user } = await requireTenant()
  const { support } = tenant
  return (
    <DraftUser id={user.id}>
      {support && (
        <SupportBanner
          name={tenant.name}
          reason={support.reason}
          writes={support.writes}
          until={support.expiresAt.toISOString()}
          actions={{ write: allowSupportToWrite, end: endSupport }}
        />
      )}
      <Shell
        tenant={tenant}
        tenants={tenants}
        user={user}
        switchTenant={switchTenantAction}
        signOut={signOutAction}
        mayWrite={may(tenant.role, 'orders:write')}
      >
        {children}
      </Shell>
    </DraftUser>
  )
}
