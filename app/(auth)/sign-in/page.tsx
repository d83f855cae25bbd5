import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { localPath } from '#app/local-path'
import { auth } from '#app/session'
import { signInAction } from '#app/sign-in-actions'
import { DemoLogins } from '#components/sign-in/demo-logins'
import { SignInForm } from '#components/sign-in/sign-in-form'
import { demoLogins } from '#db/demo'

export const metadata: Metadata = { title: 'Sign in' }

export default async function SignInPage({ searchParams }: PageProps<'/sign-in'>) {
  const { callbackUrl } = await searchParams
  const back = localPath(typeof callbackUrl === 'string' ? callbackUrl : undefined)
  if (await auth()) redirect(back as '/orders')
  return (
    <>
      <div className="grid gap-6">
        <h1 className="text-2xl font-semibold tracking-tight">Sign in</h1>
        <SignInForm action={signInAction} callbackUrl={back} />
      </div>
      {process.env.NODE_ENV === 'development' && <DemoLogins logins={demoLogins()} />}
    </>
  )
}
