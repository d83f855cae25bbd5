'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

/**
 * Tells the server the viewer's time zone once, and again when it changes, so that it can write
 * dates itself.
 */
export function TimeZone() {
  const router = useRouter()
  useEffect(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    const told = document.cookie.split('; ').find((cookie) => cookie.startsWith('zone='))
    if (told === `zone=${encodeURIComponent(zone)}`) return
    document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`
    router.refresh()
  }, [router])
  return null
}
