import type { ReactNode } from 'react'
import { requireUser } from '#app/_session/session'
import { signOutAction } from '#app/_actions/sign-in-actions'
import { DraftUser } from '#components/forms/form-draft'
import { PageFrame } from '#components/page'
import { Brand } from '#components/shell/brand'
import { SkipLink } from '#components/shell/skip-link'
import { UserMenu } from '#components/shell/user-menu'
import { PageHeader } from '#components/ui/page-header'
import { SectionNav } from '#components/ui/section-nav'
import TenantLayout from '../(tenant)/layout'

/** Account pages have the tenant's layout while a tenant is active, and a plain one otherwise. */
export default async function AccountLayout({ children }: { children: ReactNode }) {
  const { tenant, user } = await requireUser()
  const content = (
    <PageFrame width="narrow">
      <PageHeader title="Your account" />
      <SectionNav
        label="Account"
        sections={[
          { href: '/account', label: 'Profile' },
          { href: '/account/security', label: 'Password and codes' },
          { href: '/account/sessions', label: 'Sessions' },
        ]}
      />
      {children}
    </PageFrame>
  )
  if (tenant) return <TenantLayout>{content}</TenantLayout>
  return (
    <DraftUser id={user.id}>
      <SkipLink />
      <header className="flex h-13 items-center justify-between border-b border-line px-4">
        <Brand />
        <UserMenu signOut={signOutAction} user={user} />
      </header>
      <main id="content" tabIndex={-1} className="outline-none">
        {content}
      </main>
    </DraftUser>
  )
}
