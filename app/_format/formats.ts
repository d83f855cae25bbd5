import 'server-only'
import { cookies } from 'next/headers'
import type { Formats } from '#components/formats'

/** The tenant's locale and currency, and the viewer's time zone, which the browser sets in a cookie. */
export async function formatsFor(tenant: { locale: string; currency: string }): Promise<Formats> {
  return {
    locale: tenant.locale,
    currency: tenant.currency,
    zone: validZone((await cookies()).get('zone')?.value),
  }
}

function validZone(name: string | undefined) {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name ?? 'UTC' }).resolvedOptions().timeZone
  } catch {
    return 'UTC'
  }
}
