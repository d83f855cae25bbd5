import type { Route } from 'next'
import { consolePage } from '#app/_session/operator'
import { parseListParams } from '#app/_http/list-search-params'
import { FilterMenu } from '#components/console/filter-menu'
import { MetricCard } from '#components/console/metric-card'
import { formatDuration } from '#components/console/format-time'
import { UsageTable } from '#components/console/usage-table'
import { formatCount } from '#components/formats'
import { PageFrame } from '#components/page'
import { Card } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import { usageNames } from '@rowhouse/tenancy'
import { hoursAgo, topTenants } from '#db/operators/usage-report'

const periods = {
  day: { name: 'Last day', hours: 24 },
  week: { name: 'Last week', hours: 168 },
  hour: { name: 'This hour', hours: 1 },
}
const periodNames = ['hour', 'day', 'week'] as const

export default async function UsagePage({ searchParams }: PageProps<'/console/usage'>) {
  const { formats } = await consolePage()
  const { pick, link } = parseListParams('/console/usage' as Route, await searchParams)
  const periodName = pick('period', periodNames) ?? 'day'
  const period = periods[periodName]
  const by = pick('by', usageNames) ?? 'databaseMs'
  const { rows, all } = await topTenants(hoursAgo(period.hours), by)
  return (
    <PageFrame>
      <title>Usage · Rowhouse console</title>
      <PageHeader
        title="Usage"
        about="Who uses the database, who waits for it, and who has outgrown their tier."
      >
        <FilterMenu
          label="Period"
          choices={periodNames.map((name) => ({
            name: periods[name].name,
            href: link({ period: name }),
            current: name === periodName,
          }))}
        />
      </PageHeader>
      <MetricCard
        metrics={[
          { name: 'Transactions', value: formatCount(all.transactions, formats) },
          { name: 'Database time', value: formatDuration(all.databaseMs) },
          { name: 'Waited for a connection', value: formatDuration(all.waitMs) },
          { name: 'Limits hit', value: formatCount(all.limitsHit, formats) },
        ]}
      />
      <Card>
        {rows.length === 0 ? (
          <EmptyState title="Nobody has used anything">
            Numbers arrive about ten seconds after the first request.
          </EmptyState>
        ) : (
          <UsageTable rows={rows} by={by} link={link} formats={formats} />
        )}
      </Card>
    </PageFrame>
  )
}
