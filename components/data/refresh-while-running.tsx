'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

const everyMs = 1500

/** Refreshes the page periodically while mounted. Render it only while something is running. */
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
