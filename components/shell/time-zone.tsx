'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

/** Sends the browser's time zone to the server in a cookie, so that dates can be rendered there. */
export function TimeZone() {
  const router = useRouter()
  useEffect(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    const stored = document.cookie.split('; ').find((cookie) => cookie.startsWith('zone='))
    if (stored === `zone=${encodeURIComponent(zone)}`) return
    document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`
    router.refresh()
  }, [router])
  return null
}
