'use client'

import { clsx } from 'clsx'
import type { Route } from 'next'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'

const looks = {
  side: 'flex h-9 items-center gap-2.5 rounded-md px-2.5 text-base text-ink-soft transition-colors hover:bg-line/60 hover:text-ink aria-[current]:bg-raised aria-[current]:font-medium aria-[current]:text-ink aria-[current]:shadow-raised [&_svg]:size-4 aria-[current]:[&_svg]:text-accent',
  bottom:
    'flex min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-xs text-ink-faint aria-[current]:font-medium aria-[current]:text-ink [&_svg]:size-5 aria-[current]:[&_svg]:text-accent',
}

export function NavLink({
  href,
  look,
  children,
}: {
  href: Route
  look: keyof typeof looks
  children: ReactNode
}) {
  const here = usePathname()
  const current = here === href || here.startsWith(`${href}/`)
  return (
    <Link href={href} aria-current={current ? 'page' : undefined} className={clsx(looks[look])}>
      {children}
    </Link>
  )
}
