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
 * Provides the tenant that this page was rendered for. Layouts are not rendered again on navigation,
 * so the shell may still show another tenant, after a switch in another tab. It is refreshed then.
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

/**
 * The tenant and formats of the surrounding page.
 * @throws Error outside of a `<Page>`.
 */
export function useScope(): Scope {
  const scope = useContext(PageScope)
  if (!scope) throw new Error('useScope needs a <Page> around the component')
  return scope
}
