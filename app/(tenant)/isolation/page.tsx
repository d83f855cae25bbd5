import type { Metadata } from 'next'
import { tenantPage } from '#app/tenant-page'
import { BreakIns } from '#components/isolation/break-ins'
import { PolicyTable } from '#components/isolation/policy-table'
import { SeatCard } from '#components/isolation/seat-card'
import { StatementList } from '#components/isolation/statement-list'
import { Tiers } from '#components/isolation/tiers'
import { Page } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { breakIns } from '#db/isolation/breakins'
import { policies, seat } from '#db/isolation/facts'
import { everyOrder, list } from '#db/product/order-list'
import { placementOf } from '#db/registry'
import { overhear } from '#db/isolation/statements'
import { tryBreakIn } from './actions'

export const metadata: Metadata = { title: 'How your data is isolated' }

export default async function IsolationPage() {
  const { scope, tenant, db } = await tenantPage()
  const [placement, { here, rules, heard }] = await Promise.all([
    placementOf(tenant.id),
    db(async (tx) => {
      const heard = overhear(tx)
      const [here, rules] = await Promise.all([
        seat(tx),
        policies(tx),
        list(tx, everyOrder, { sort: 'placed', descending: true, size: 25, cursor: null }),
      ])
      return { here, rules, heard }
    }),
  ])
  return (
    <Page scope={scope} width="normal">
      <PageHeader
        title="How your data is isolated"
        about={`Read from the database just now, for ${tenant.name} and nobody else. Nothing on this page is a promise: it is what PostgreSQL answers.`}
      />
      <SeatCard seat={here} kind={placement.kind} tenantId={tenant.id} />
      <BreakIns
        attempts={breakIns.map(({ name, title, idea }) => ({ name, title, idea }))}
        action={tryBreakIn}
      />
      <PolicyTable policies={rules} />
      <StatementList statements={heard} />
      <Tiers kind={placement.kind} />
    </Page>
  )
}
