import { LogOut, Plus } from 'lucide-react'
import type { Metadata, Route } from 'next'
import { redirect } from 'next/navigation'
import { requireUser } from '#app/_session/session'
import { switchTenantAction, signOutAction } from '#app/_actions/sign-in-actions'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton } from '#components/forms/fields'
import { TenantMark } from '#components/shell/facade'
import { ButtonLink } from '#components/ui/button'

export const metadata: Metadata = { title: 'Welcome' }

export default async function WelcomePage() {
  const { user, tenant, tenants } = await requireUser()
  if (tenant) redirect('/orders')
  return (
    <div className="grid gap-5">
      <h1 className="text-2xl font-semibold tracking-tight wrap-anywhere">Welcome, {user.name}</h1>
      {user.operator && (
        <ButtonLink href={'/console' as Route} look="primary" className="justify-self-start">
          Go to the console
        </ButtonLink>
      )}
      {tenants.length === 0 ? (
        <p className="text-ink-soft">
          {user.operator
            ? 'You are an operator and a member of no organisation, so there are no orders for you to see. That is how it should be.'
            : 'You are not a member of any organisation yet. Ask an owner or admin of yours for an invitation, or create your own.'}
        </p>
      ) : (
        <ul className="grid gap-2">
          {tenants.map((one) => (
            <li key={one.id}>
              <ActionForm
                action={switchTenantAction}
                hidden={{ tenantId: one.id }}
                label={one.name}
              >
                <SubmitButton look="secondary" wraps className="min-h-14 justify-start text-left">
                  <TenantMark tenantId={one.id} /> {one.name}
                </SubmitButton>
              </ActionForm>
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2">
        {!user.operator && (
          <ButtonLink
            href="/new-organisation"
            look={tenants.length === 0 ? 'primary' : 'secondary'}
          >
            <Plus aria-hidden /> New organisation
          </ButtonLink>
        )}
        <ButtonLink href="/account">Your account</ButtonLink>
        <ActionForm action={signOutAction} label="Sign out" className="contents">
          <SubmitButton look="quiet">
            <LogOut aria-hidden /> Sign out
          </SubmitButton>
        </ActionForm>
      </div>
    </div>
  )
}
