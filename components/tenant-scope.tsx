'use client'

import { useRouter } from 'next/navigation'
import { createContext, useContext, useEffect, type ReactNode } from 'react'
import type { Formats } from '#components/formats'

export type PageScope = { tenantId: string; formats: Formats }

const ShellTenantContext = createContext<string | null>(null)
const PageScopeContext = createContext<PageScope | null>(null)

export function ShellTenantProvider({
  tenantId,
  children,
}: {
  tenantId: string
  children: ReactNode
}) {
  return <ShellTenantContext value={tenantId}>{children}</ShellTenantContext>
}

/**
 * Provides the tenant that this page was rendered for. Layouts are not rendered again on navigation,
 * so the shell may still show another tenant, after a switch in another tab. It is refreshed then.
 */
export function TenantScope({ scope, children }: { scope: PageScope; children: ReactNode }) {
  const shell = useContext(ShellTenantContext)
  const router = useRouter()
  const stale = shell !== null && shell !== scope.tenantId
  useEffect(() => {
    if (stale) router.refresh()
  }, [stale, router])
  return <PageScopeContext value={scope}>{children}</PageScopeContext>
}

/**
 * The tenant and formats of the surrounding page.
 * @throws Error if there is no `<Page>` around the component.
 */
export function useScope(): PageScope {
  const scope = useContext(PageScopeContext)
  if (!scope) throw new Error('useScope needs a <Page> around the component')
  return scope
}

/** The tenant of the surrounding page; null outside a tenant's pages. */
export const usePageTenant = (): string | null => useContext(PageScopeContext)?.tenantId ?? null
