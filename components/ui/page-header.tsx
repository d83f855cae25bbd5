import { ChevronLeft } from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'

type Back = { href: Route; label: string }

export function PageHeader({
  title,
  beside,
  about,
  back,
  children,
}: {
  title: ReactNode
  beside?: ReactNode
  about?: ReactNode
  back?: Back
  children?: ReactNode
}) {
  return (
    <header className="grid gap-1.5">
      {back && (
        <Link
          href={back.href}
          className="-ml-1 inline-flex w-fit items-center gap-0.5 rounded-sm text-sm text-ink-faint hover:text-ink"
        >
          <ChevronLeft aria-hidden className="size-4" />
          {back.label}
        </Link>
      )}
      <div className="flex min-h-9 flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <div className="grid min-w-0 gap-1">
          <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="min-w-0 text-xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
            {beside}
          </div>
          {about && <p className="max-w-prose text-pretty wrap-anywhere text-ink-soft">{about}</p>}
        </div>
        {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
      </div>
    </header>
  )
}
