import type { ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { PaletteButton } from '#components/palette/palette-button'
import { Shortcuts } from '#components/palette/shortcuts'
import { Brand } from '#components/shell/brand'
import { MoreNavLinks } from '#components/shell/more-nav-links'
import { navItems } from '#components/shell/navigation'
import { NavLink } from '#components/shell/nav-link'
import { SkipLink } from '#components/shell/skip-link'
import { TenantSwitcher } from '#components/shell/tenant-switcher'
import { UserMenu } from '#components/shell/user-menu'
import { ShellTenantProvider } from '#components/tenant-scope'

type ShellProps = {
  tenant: { id: string; name: string; role: string; tier: string }
  tenants: { id: string; name: string; role: string }[]
  user: { name: string; email: string }
  switchTenant: Action<unknown>
  signOut: Action<unknown>
  mayWrite: boolean
  children: ReactNode
}

/** The layout of a tenant's pages: a sidebar on wide screens, a bottom bar on a phone. */
export function Shell({
  tenant,
  tenants,
  user,
  switchTenant,
  signOut,
  mayWrite,
  children,
}: ShellProps) {
  return (
    <ShellTenantProvider tenantId={tenant.id}>
      <SkipLink />
      <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
        <aside className="sticky top-0 hidden h-dvh flex-col gap-1 border-r border-line p-3 lg:flex">
          <TenantSwitcher action={switchTenant} tenant={tenant} tenants={tenants} />
          <div className="my-2">
            <PaletteButton />
          </div>
          <nav aria-label="Main" className="grid gap-0.5">
            {navItems.map(({ href, label, icon: Icon }) => (
              <NavLink key={href} href={href} look="side">
                <Icon aria-hidden />
                {label}
              </NavLink>
            ))}
          </nav>
          <div className="mt-auto grid gap-2">
            <UserMenu signOut={signOut} user={user} wide />
            <div className="border-t border-line px-1.5 pt-3 pb-1 text-ink-soft">
              <Brand />
            </div>
          </div>
        </aside>
        <div className="min-h-dvh min-w-0 bg-panel/40 max-lg:pb-16">
          <header className="sticky top-0 z-20 flex h-13 items-center justify-between gap-2 border-b border-line bg-canvas px-2.5 lg:hidden">
            <TenantSwitcher action={switchTenant} tenant={tenant} tenants={tenants} />
            <div className="flex items-center gap-1">
              <PaletteButton />
              <UserMenu signOut={signOut} user={user} />
            </div>
          </header>
          <main id="content" tabIndex={-1} className="outline-none">
            {children}
          </main>
        </div>
        <PhoneNav />
      </div>
      <Shortcuts
        destinations={navItems.map(({ key, label, href }) => ({ key, label, href }))}
        mayWrite={mayWrite}
      />
    </ShellTenantProvider>
  )
}

function PhoneNav() {
  return (
    <nav
      aria-label="Main, at the thumb"
      className="fixed inset-x-0 bottom-0 z-20 flex h-14 border-t border-line bg-canvas pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {navItems
        .filter((item) => item.onPhone)
        .map(({ href, label, icon: Icon }) => (
          <NavLink key={href} href={href} look="bottom">
            <Icon aria-hidden />
            {label}
          </NavLink>
        ))}
      <MoreNavLinks
        links={navItems.filter((item) => !item.onPhone).map(({ href, label }) => ({ href, label }))}
      />
    </nav>
  )
}
