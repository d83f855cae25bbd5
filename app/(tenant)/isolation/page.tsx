import type { Metadata } from 'next'
import { tenantPage } from '#app/_session/tenant-page'
import { AttackProbes } from '#components/isolation/attack-probes'
import { PolicyTable } from '#components/isolation/policy-table'
import { ConnectionCard } from '#components/isolation/connection-card'
import { StatementList } from '#components/isolation/statement-list'
import { TierComparison } from '#components/isolation/tier-comparison'
import { Page } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { attackProbes } from '#db/product/attack-probes'
import { policies, connectionFacts } from '@rowhouse/tenancy/checks'
import { everyOrder, list } from '#db/product/order-list'
import { placementOf, recordStatements } from '@rowhouse/tenancy'
import { runAttackProbe } from './actions'
import { tenancy } from '#db/tenancy'

export const metadata: Metadata = { title: 'How your data is isolated' }

export default async function IsolationPage() {
  const { scope, tenant, db } = await tenantPage()
  const [placement, { connection, rules, statements }] = await Promise.all([
    placementOf(tenancy(), tenant.id),
    db(async (tx) => {
      const statements = recordStatements(tx)
      const [connection, rules] = await Promise.all([
        connectionFacts(tx),
        policies(tx),
        list(tx, everyOrder, { sort: 'placed', descending: true, size: 25, cursor: null }),
      ])
      return { connection, rules, statements }
    }),
  ])
  return (
    <Page scope={scope} width="normal">
      <PageHeader
        title="How your data is isolated"
        about={`Read from the database just now, for ${tenant.name} and nobody else. Nothing on this page is a promise: it is what PostgreSQL answers.`}
      />
      <ConnectionCard facts={connection} kind={placement.kind} tenantId={tenant.id} />
      <AttackProbes
        probes={attackProbes.map(({ name, title, idea }) => ({ name, title, idea }))}
        action={runAttackProbe}
      />
      <PolicyTable policies={rules} />
      <StatementList statements={statements} />
      <TierComparison kind={placement.kind} />
    </Page>
  )
}
