'use client'

import { Ellipsis } from 'lucide-react'
import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { Menu, MenuItem } from '#components/ui/menu'

/** On a phone, the links that are not in the bottom bar. */
export function MoreNavLinks({ links }: { links: { href: Route; label: string }[] }) {
  const router = useRouter()
  return (
    <Menu
      above
      side="end"
      buttonClassName="flex min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-xs text-ink-faint"
      label={
        <>
          <Ellipsis aria-hidden className="size-5" />
          More
        </>
      }
    >
      {links.map(({ href, label }) => (
        <MenuItem key={href} onClick={() => router.push(href)}>
          {label}
        </MenuItem>
      ))}
    </Menu>
  )
}
