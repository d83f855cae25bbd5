import { clsx } from 'clsx'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import type { Route } from 'next'
import NextLink from 'next/link'
import type { ReactNode } from 'react'
import { button } from '#components/ui/button'
import type { HrefBuilder } from '#components/ui/href-builder'
import { PageSizeSelect } from '#components/ui/page-size-select'
import type { Page } from '@rowhouse/tenancy'

export function Pager({
  page,
  size,
  link,
}: {
  page: Page<unknown>
  size?: number
  link: HrefBuilder
}) {
  const hasPages = page.previous !== null || page.next !== null
  if ((page.rows.length === 0 && !page.previous) || (!hasPages && !size)) return null
  return (
    <footer className="flex flex-wrap items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
      {size ? (
        <PageSizeSelect
          size={size}
          hrefs={Object.fromEntries(
            [25, 50, 100].map((rows) => [rows, link({ rows: String(rows) })]),
          )}
        />
      ) : null}
      {hasPages && (
        <nav aria-label="Pages" className="ml-auto flex gap-2">
          <PageLink to={page.previous === null ? null : link({ before: page.previous })} rel="prev">
            <ChevronLeft aria-hidden className={clsx(size && 'max-sm:hidden')} /> Previous
          </PageLink>
          <PageLink to={page.next === null ? null : link({ after: page.next })} rel="next">
            Next <ChevronRight aria-hidden className={clsx(size && 'max-sm:hidden')} />
          </PageLink>
        </nav>
      )}
    </footer>
  )
}

function PageLink({ to, rel, children }: { to: Route | null; rel: string; children: ReactNode }) {
  const look = button()
  if (!to)
    return (
      <span className={clsx(look, 'pointer-events-none text-ink-faint shadow-none')}>
        {children}
      </span>
    )
  return (
    <NextLink href={to} rel={rel} scroll={false} prefetch={false} className={look}>
      {children}
    </NextLink>
  )
}
