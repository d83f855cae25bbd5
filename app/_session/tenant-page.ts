import 'server-only'
import { formatsFor } from '#app/_format/formats'
import { requireTenant } from '#app/_session/session'
import { tenantDb } from '#app/_session/tenant-db'
import type { PageScope } from '#components/tenant-scope'
import { may, type Permission } from '#db/accounts/permissions'

/**
 * What every tenant page needs: the tenant, the user, their formats and permissions, and access to
 * the tenant's data.
 */
export async function tenantPage() {
  const { tenant, user } = await requireTenant()
  const formats = await formatsFor(tenant)
  const scope: PageScope = { tenantId: tenant.id, formats }
  return {
    tenant,
    user,
    formats,
    scope,
    db: await tenantDb(),
    may: (permission: Permission) => may(tenant.role, permission),
  }
}
