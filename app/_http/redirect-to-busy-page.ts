import type { Route } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import 'server-only'
import type { TooBusy } from '@rowhouse/tenancy'

/** Sends the reader of a page that met a limit while it was being drawn to where they can wait. */
export async function redirectToBusyPage({ retryAfterSeconds }: TooBusy): Promise<never> {
  redirect(
    `/busy?wait=${retryAfterSeconds}&back=${encodeURIComponent((await headers()).get('x-rowhouse-path') ?? '/')}` as Route,
  )
}
