import { clsx } from 'clsx'
import { CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { Route } from 'next'
import NextLink from 'next/link'
import { RelativeTime } from '#components/console/format-time'
import type { Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import type { Alert } from '#db/operators/alerts'

export function Alerts({ alerts, formats }: { alerts: Alert[]; formats: Formats }) {
  if (alerts.length === 0)
    return (
      <p className="flex items-center gap-2 rounded-lg border border-line bg-panel px-4 py-3 sm:px-5">
        <CircleCheck aria-hidden className="size-5 text-delivered" /> Nothing needs you.
      </p>
    )
  return (
    <Card labelledBy="attention">
      <CardHeader id="attention" title="Needs attention" />
      <ul className="divide-y divide-line border-t border-line">
        {alerts.map(({ critical, what, why, at, href }) => {
          const Icon = critical ? TriangleAlert : Info
          return (
            <li
              key={`${href}${what}`}
              className="relative flex items-start gap-3 px-4 py-3 hover:bg-sunken sm:px-5"
            >
              <Icon
                aria-hidden
                className={clsx('mt-0.5 size-4 shrink-0', critical ? 'text-danger' : 'text-warn')}
              />
              <span className="min-w-0 grow">
                <NextLink href={href as Route} className="font-medium after:absolute after:inset-0">
                  {what}
                </NextLink>
                <span className="block truncate text-sm text-ink-soft">{why}</span>
              </span>
              {at && (
                <span className="text-sm text-ink-faint max-sm:hidden">
                  <RelativeTime at={at} formats={formats} />
                </span>
              )}
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
