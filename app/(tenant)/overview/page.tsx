import { Plus } from 'lucide-react'
import type { Metadata } from 'next'
import { tenantPage } from '#app/_session/tenant-page'
import { GettingStarted } from '#components/overview/getting-started'
import { Today } from '#components/overview/today'
import { Page } from '#components/page'
import { ButtonLink } from '#components/ui/button'
import { PageHeader } from '#components/ui/page-header'
import * as activity from '#db/activity/activity'
import { existingData } from '#db/product/first-orders'
import { statusMetricsByDay, metricsOf } from '#db/product/order-metrics'
import { oldestOpen } from '#db/product/order-list'
import { periodOf } from '#db/product/period'
import { addSampleData } from './actions'

export const metadata: Metadata = { title: 'Overview' }

export default async function OverviewPage() {
  const { scope, formats, user, tenant, db, may } = await tenantPage()
  const { both, first } = periodOf({ period: '7d' }, formats.zone)
  const [has, week, open, entries] = await db((tx) =>
    Promise.all([
      existingData(tx),
      statusMetricsByDay(tx, both, formats.zone),
      oldestOpen(tx),
      activity.list(tx, { about: null, search: '', size: 8, cursor: null }),
    ]),
  )
  const firstName = user.name.split(' ')[0]
  if (!has.orders) {
    return (
      <Page scope={scope} width="narrow">
        <PageHeader
          title={`Welcome to ${tenant.name}, ${firstName}`}
          about="An order needs a product and a customer. It takes about a minute."
        />
        <GettingStarted has={has} mayWrite={may('orders:write')} addSampleData={addSampleData} />
      </Page>
    )
  }
  return (
    <Page scope={scope} width="normal">
      <PageHeader title={`Hello, ${firstName}`}>
        {may('orders:write') && (
          <ButtonLink href="/orders/new" look="primary">
            <Plus aria-hidden /> New order
          </ButtonLink>
        )}
      </PageHeader>
      <Today
        now={metricsOf(week.filter((cell) => cell.date >= first))}
        before={metricsOf(week.filter((cell) => cell.date < first))}
        open={open}
        entries={entries.rows}
        formats={formats}
      />
    </Page>
  )
}
