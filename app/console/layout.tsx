import type { ReactNode } from 'react'
import { requireOperator } from '#app/_session/operator'
import { signOutAction } from '#app/_actions/sign-in-actions'
import { ConsoleShell } from '#components/console/console-shell'
import { DraftUser } from '#components/forms/form-draft'
import './console.css'

/** A layout is not rendered again on navigation, so each page, action and stream checks the session. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { user, tenant } = await requireOperator()
  return (
    <DraftUser id={user.id}>
      <ConsoleShell user={user} tenant={tenant?.name ?? null} signOut={signOutAction}>
        {children}
      </ConsoleShell>
    </DraftUser>
  )
}
