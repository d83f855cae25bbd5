import type { Route } from 'next'
import { consolePage } from '#app/_session/operator'
import { Alerts } from '#components/console/alerts'
import { MetricCard } from '#components/console/metric-card'
import { MovesTable } from '#components/console/moves-table'
import { TierMatrix } from '#components/console/tier-matrix'
import { formatCount, type Formats } from '#components/formats'
import { PageFrame } from '#components/page'
import { ButtonLink } from '#components/ui/button'
import { Card, CardHeader } from '#components/ui/card'
import { PageHeader } from '#components/ui/page-header'
import { readAlerts } from '#db/operators/alerts'
import { listJobs } from '#db/operators/job-list'
import { listMoves, type MoveRow } from '@rowhouse/tenancy/moves'
import { tenantCounts } from '#db/operators/tenant-list'
import { tenancy } from '#db/tenancy'

export default async function ConsolePage() {
  const { formats } = await consolePage()
  const [{ alerts, fleet }, counts, moves, jobs] = await Promise.all([
    readAlerts(),
    tenantCounts(),
    listMoves(tenancy(), { live: true, size: 10, cursor: null }),
    listJobs(),
  ])
  const running = jobs.filter(({ stage }) => stage === 'running').length
  return (
    <PageFrame>
      <title>Overview · Rowhouse console</title>
      <PageHeader title="Overview" />
      <Alerts alerts={alerts} formats={formats} />
      <MetricCard
        metrics={[
          {
            name: 'Tenants',
            value: formatCount(
              counts.reduce((sum, { tenants }) => sum + tenants, 0),
              formats,
            ),
            href: '/console/tenants',
          },
          {
            name: 'Moves under way',
            value: formatCount(moves.rows.length, formats),
            href: '/console/moves?show=live',
          },
          {
            name: 'Targets at this version',
            value: `${formatCount(fleet.current, formats)} of ${formatCount(fleet.total, formats)}`,
            href: '/console/fleet',
          },
          { name: 'Jobs running', value: formatCount(running, formats), href: '/console/jobs' },
        ]}
      />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <OpenMoves moves={moves.rows} formats={formats} />
        <TierMatrix counts={counts} formats={formats} />
      </div>
    </PageFrame>
  )
}

function OpenMoves({ moves, formats }: { moves: MoveRow[]; formats: Formats }) {
  return (
    <Card labelledBy="moving">
      <CardHeader id="moving" title="Moves not over yet">
        <ButtonLink href={'/console/moves' as Route} look="quiet" size="small" className="-mr-2.5">
          All moves
        </ButtonLink>
      </CardHeader>
      {moves.length === 0 ? (
        <p className="border-t border-line px-4 py-6 text-ink-soft sm:px-5">
          Everybody is where they belong.
        </p>
      ) : (
        <MovesTable rows={moves} formats={formats} />
      )}
    </Card>
  )
}
