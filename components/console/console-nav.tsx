'use client'

import { clsx } from 'clsx'
import {
  Activity,
  Building2,
  ClipboardList,
  Gauge,
  Layers,
  MoveRight,
  Stethoscope,
  Wrench,
} from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useEffect, useRef } from 'react'

const pages = [
  { href: '/console', label: 'Overview', icon: Gauge },
  { href: '/console/tenants', label: 'Tenants', icon: Building2 },
  { href: '/console/moves', label: 'Moves', icon: MoveRight },
  { href: '/console/fleet', label: 'Fleet', icon: Layers },
  { href: '/console/usage', label: 'Usage', icon: Activity },
  { href: '/console/jobs', label: 'Jobs', icon: Wrench },
  { href: '/console/doctor', label: 'Doctor', icon: Stethoscope },
  { href: '/console/audit', label: 'Audit', icon: ClipboardList },
] as const

/** A sidebar on wide screens; a row that scrolls sideways on narrow ones. */
export function ConsoleNav() {
  const here = usePathname()
  const row = useRef<HTMLElement>(null)
  useEffect(() => {
    const current = row.current?.querySelector('[aria-current]')
    if (row.current && current instanceof HTMLElement)
      row.current.scrollLeft =
        current.offsetLeft - (row.current.clientWidth - current.offsetWidth) / 2
  }, [here])
  return (
    <nav
      ref={row}
      aria-label="Console"
      className="relative max-lg:-mx-3 max-lg:overflow-x-auto max-lg:px-3"
    >
      <ul className="flex gap-0.5 lg:grid">
        {pages.map(({ href, label, icon: Icon }) => {
          const current = here === href || (href !== '/console' && here.startsWith(`${href}/`))
          return (
            <li key={href}>
              <Link
                href={href as Route}
                aria-current={current ? 'page' : undefined}
                className={clsx(
                  'flex h-9 items-center gap-2.5 rounded-md px-2.5 text-base whitespace-nowrap transition-colors [&_svg]:size-4',
                  current
                    ? 'bg-raised font-medium text-ink [&_svg]:text-accent'
                    : 'text-ink-soft hover:bg-raised/60 hover:text-ink',
                )}
              >
                <Icon aria-hidden className="max-lg:hidden" />
                {label}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
