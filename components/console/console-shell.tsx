import { ArrowUpRight } from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { ConsoleNav } from '#components/console/console-nav'
import { BrandMark } from '#components/shell/brand'
import { SkipLink } from '#components/shell/skip-link'
import { UserMenu } from '#components/shell/user-menu'

type Props = {
  user: { name: string; email: string }
  tenant: string | null
  signOut: Action<unknown>
  children: ReactNode
}

/** The console's layout. Its bar is dark in both themes, unlike any tenant's page. */
export function ConsoleShell({ user, tenant, signOut, children }: Props) {
  return (
    <div className="console flex min-h-dvh flex-col lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <SkipLink />
      <header className="console-bar sticky top-0 z-20 grid gap-2 bg-canvas px-3 pt-2.5 pb-2 text-ink lg:h-dvh lg:grid-rows-[auto_1fr_auto] lg:gap-5 lg:border-r lg:border-line lg:py-4">
        <div className="flex items-center justify-between gap-2">
          <Link
            href={'/console' as Route}
            className="inline-flex items-center gap-2 rounded-md px-1.5 py-1 text-base font-semibold tracking-tight"
          >
            <BrandMark />
            Rowhouse
            <span className="rounded-sm bg-accent px-1.5 text-xs leading-4.5 font-semibold text-accent-ink">
              Console
            </span>
          </Link>
          <div className="lg:hidden">
            <UserMenu signOut={signOut} user={user} />
          </div>
        </div>
        <ConsoleNav />
        <div className="hidden gap-2 lg:grid">
          {tenant && (
            <Link
              href="/orders"
              className="flex items-center gap-1.5 rounded-md px-2.5 py-1.5 text-sm text-ink-soft hover:text-ink"
            >
              To {tenant}
              <ArrowUpRight aria-hidden className="size-3.5" />
            </Link>
          )}
          <UserMenu signOut={signOut} user={user} wide />
        </div>
      </header>
      <main id="content" tabIndex={-1} className="min-w-0 grow bg-panel/40 outline-none">
        {children}
      </main>
    </div>
  )
}
