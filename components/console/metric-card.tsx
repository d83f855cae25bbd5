import type { Route } from 'next'
import NextLink from 'next/link'
import { Card } from '#components/ui/card'

type Metric = { name: string; value: string; href?: string }

/** A row of metrics, each with a link to its page. */
export function MetricCard({ metrics }: { metrics: Metric[] }) {
  return (
    <Card>
      <dl className="grid grid-cols-2 lg:grid-cols-4 [&>*]:border-line max-lg:[&>*:nth-child(even)]:border-l max-lg:[&>*:nth-child(n+3)]:border-t lg:[&>*+*]:border-l">
        {metrics.map(({ name, value, href }) => (
          <div key={name} className="relative min-w-0 px-4 py-3.5 sm:px-5 sm:py-4">
            <dt className="text-sm text-ink-soft">
              {href ? (
                <NextLink
                  href={href as Route}
                  className="after:absolute after:inset-0 hover:text-ink"
                >
                  {name}
                </NextLink>
              ) : (
                name
              )}
            </dt>
            <dd className="mt-1 truncate text-xl font-semibold tracking-tight tabular-nums">
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
