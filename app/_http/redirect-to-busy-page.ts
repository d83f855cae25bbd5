import type { Route } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import 'server-only'
import type { TooBusy } from '@rowhouse/tenancy'

/** Redirects a page that hit a rate limit while rendering, when it can no longer send a 429 itself. */
export async function redirectToBusyPage({ retryAfterSeconds }: TooBusy): Promise<never> {
  redirect(
    `/busy?wait=${retryAfterSeconds}&back=${encodeURIComponent((await headers()).get('x-rowhouse-path') ?? '/')}` as Route,
  )
}
