'use client'

import { useRouter } from 'next/navigation'
import { createContext, useContext, useEffect, type ReactNode } from 'react'
import type { Formats } from '#components/formats'

export type Scope = { tenantId: string; formats: Formats }

const ShellTenant = createContext<string | null>(null)
const PageScope = createContext<Scope | null>(null)

export function ShellTenantProvider({
  tenantId,
  children,
}: {
  tenantId: string
  children: ReactNode
}) {
  return <ShellTenant value={tenantId}>{children}</ShellTenant>
}

/**
 * The tenant that this page was rendered for. A layout outlives navigations, so its tenant may be
 * an older one: when the session has switched in another tab, the frame is drawn again.
 */
export function TenantScope({ scope, children }: { scope: Scope; children: ReactNode }) {
  const shell = useContext(ShellTenant)
  const router = useRouter()
  const stale = shell !== null && shell !== scope.tenantId
  useEffect(() => {
    if (stale) router.refresh()
  }, [stale, router])
  return <PageScope value={scope}>{children}</PageScope>
}

export function useScope(): Scope {
  const scope = useContext(PageScope)
  if (!scope) throw new Error('a tenant form stands outside of <Page>')
  return scope
}
