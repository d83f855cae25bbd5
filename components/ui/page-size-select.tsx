'use client'

import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { Select } from '#components/ui/input'

/** Rows per page, remembered in a cookie. */
export function PageSizeSelect({ size, hrefs }: { size: number; hrefs: Record<string, Route> }) {
  const router = useRouter()
  function choose(rows: string) {
    document.cookie = `rows=${rows}; path=/; max-age=31536000; samesite=lax`
    const href = hrefs[rows]
    if (href) router.push(href, { scroll: false })
  }
  return (
    <label className="flex items-center gap-2 text-sm text-ink-soft">
      Rows
      <Select
        className="w-20"
        value={String(size)}
        onChange={(event) => choose(event.target.value)}
      >
        {Object.keys(hrefs).map((rows) => (
          <option key={rows}>{rows}</option>
        ))}
      </Select>
    </label>
  )
}
