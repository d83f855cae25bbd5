import { ActivityList } from '#components/activity/activity-list'
import type { Formats } from '#components/formats'
import { MetricStrip } from '#components/orders/metric-strip'
import { OrdersTable } from '#components/orders/orders-table'
import { ButtonLink } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import type { ActivityEntry } from '#db/activity/activity'
import type { OrderMetrics } from '#db/product/order-metrics'
import type { OrderRow } from '#db/product/order-list'

type Props = {
  now: OrderMetrics
  before: OrderMetrics
  open: OrderRow[]
  entries: ActivityEntry[]
  formats: Formats
}

export function Today({ now, before, open, entries, formats }: Props) {
  return (
    <>
      <section aria-labelledby="week" className="grid gap-2">
        <h2 id="week" className="text-sm text-ink-soft">
          Last 7 days, compared with the 7 before
        </h2>
        <MetricStrip now={now} before={before} formats={formats} />
      </section>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Card labelledBy="waiting" className="overflow-hidden">
          <CardHeader id="waiting" title="Waiting longest">
            <ButtonLink
              href="/orders?status=open&period=12m&sort=placed"
              look="quiet"
              size="small"
              className="-mr-2.5"
            >
              All open orders
            </ButtonLink>
          </CardHeader>
          {open.length > 0 ? (
            <OrdersTable
              rows={open}
              columns={['placed', 'customer', 'status', 'total']}
              formats={formats}
            />
          ) : (
            <EmptyState title="Nothing is waiting">
              Every order is delivered or cancelled.
            </EmptyState>
          )}
        </Card>
        <Card labelledBy="latest">
          <CardHeader id="latest" title="Latest activity">
            <ButtonLink href="/activity" look="quiet" size="small" className="-mr-2.5">
              All activity
            </ButtonLink>
          </CardHeader>
          <CardBody>
            <ActivityList entries={entries} formats={formats} />
          </CardBody>
        </Card>
      </div>
    </>
  )
}
