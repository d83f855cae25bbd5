import { Plus } from 'lucide-react'
import type { Metadata } from 'next'
import { cookies } from 'next/headers'
import { tenantPage } from '#app/_session/tenant-page'
import { DayChart } from '#components/orders/day-chart'
import { MetricStrip } from '#components/orders/metric-strip'
import { OrdersCard } from '#components/orders/orders-card'
import { PeriodChoice } from '#components/orders/period-choice'
import { StatusBreakdown } from '#components/orders/status-breakdown'
import { Page } from '#components/page'
import { ButtonLink } from '#components/ui/button'
import { PageHeader } from '#components/ui/page-header'
import * as customers from '#db/product/customers'
import { byDay, byStatus, statusMetricsByDay, metricsOf } from '#db/product/order-metrics'
import { list } from '#db/product/order-list'
import { datesBefore } from '#db/product/period'
import { changeStatusOfMany } from '../actions'
import { parseOrderListParams, pageSizes } from '#app/_orders/search-params'

export const metadata: Metadata = { title: 'Orders' }

export default async function OrdersPage({ searchParams }: PageProps<'/orders'>) {
  const { scope, formats, db, may } = await tenantPage()
  const rows = (await cookies()).get('rows')?.value
  const remembered = pageSizes.find((size) => String(size) === rows) ?? 25
  const address = parseOrderListParams(await searchParams, formats, remembered)
  const { period, link } = address
  const { customerId } = address.filter
  const [found, page, customer] = await db((tx) =>
    Promise.all([
      statusMetricsByDay(tx, period.both, formats.zone),
      list(tx, address.filter, address.view),
      customerId ? customers.find(tx, customerId) : null,
    ]),
  )
  const now = found.filter((cell) => cell.date >= period.first)
  const before = found.filter((cell) => cell.date < period.first)
  return (
    <Page scope={scope}>
      <PageHeader title="Orders">
        <PeriodChoice
          period={period}
          formats={formats}
          link={link}
          keep={address.keepParams('period', 'from', 'to')}
        />
        {may('orders:write') && (
          <ButtonLink href="/orders/new" look="primary">
            <Plus aria-hidden /> New order
          </ButtonLink>
        )}
      </PageHeader>
      <MetricStrip now={metricsOf(now)} before={metricsOf(before)} formats={formats} />
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <DayChart
          days={byDay(now, period.dates)}
          before={byDay(before, datesBefore(period))}
          formats={formats}
        />
        <StatusBreakdown all={byStatus(now)} formats={formats} link={link} />
      </div>
      <OrdersCard
        address={address}
        page={page}
        customer={customer?.name ?? null}
        formats={formats}
        link={link}
        exportHref={may('data:export') ? address.exportHref : null}
        bulk={may('orders:write') ? changeStatusOfMany : null}
      />
    </Page>
  )
}
