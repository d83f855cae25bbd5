import type { Metadata } from 'next'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { safeRedirectPath } from '#app/_http/safe-redirect-path'
import { providerNames } from '#app/_session/oauth-providers'
import { auth } from '#app/_session/session'
import { oauthAction, signInAction } from '#app/_actions/sign-in-actions'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { DemoLogins } from '#components/sign-in/demo-logins'
import { OAuthButtons } from '#components/sign-in/oauth-buttons'
import { SignInForm } from '#components/sign-in/sign-in-form'
import { Notice } from '#components/ui/notice'
import { demoLogins } from '#db/seed/demo-logins'

export const metadata: Metadata = { title: 'Sign in' }

const refusals: Record<string, string> = {
  unverified:
    'That account has no verified e-mail address, so we cannot know whose it is. Verify it there, or sign in with your password.',
  blocked: 'This account is blocked; write to support.',
}

export default async function SignInPage({ searchParams }: PageProps<'/sign-in'>) {
  const { callbackUrl, error, done } = await searchParams
  const back = safeRedirectPath(typeof callbackUrl === 'string' ? callbackUrl : undefined)
  if (await auth()) redirect(back as '/orders')
  return (
    <>
      <div className="grid gap-6">
        <AuthHeading title="Sign in">
          New here?{' '}
          <Link href="/sign-up" className="font-medium text-accent underline underline-offset-4">
            Create an account
          </Link>
        </AuthHeading>
        {done === 'reset' && <Notice>Your new password is set. Sign in with it.</Notice>}
        {typeof error === 'string' && (
          <Notice look="danger">
            {refusals[error] ?? 'Signing in there did not work. Try again, or use your password.'}
          </Notice>
        )}
        <SignInForm action={signInAction} callbackUrl={back} />
        <OAuthButtons action={oauthAction} providers={providerNames()} callbackUrl={back} />
      </div>
      {process.env.NODE_ENV === 'development' && <DemoLogins logins={demoLogins()} />}
    </>
  )
}
