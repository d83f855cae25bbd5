'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

const everyMs = 1500

/**
 * Draws the page again while it stands on it: it is put there for as long as something is under
 * way.
 */
export function RefreshWhileRunning() {
  const router = useRouter()
  useEffect(() => {
    const timer = setInterval(
      () => document.visibilityState === 'visible' && router.refresh(),
      everyMs,
    )
    return () => clearInterval(timer)
  }, [router])
  return null
}
