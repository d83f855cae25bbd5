import type { Route } from 'next'
import { consolePage } from '#app/_session/operator'
import { parseListParams } from '#app/_http/list-search-params'
import { FleetPlan } from '#components/console/fleet-plan'
import { FleetRuns } from '#components/console/fleet-runs'
import { FleetTargets } from '#components/console/fleet-targets'
import { MetricCard } from '#components/console/metric-card'
import { RunForm } from '#components/console/run-form'
import { ActionButton } from '#components/forms/action-button'
import { formatCount, type Formats } from '#components/formats'
import { PageFrame } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { RowhouseError } from '@rowhouse/tenancy'
import { lastCheckRun } from '@rowhouse/tenancy/checks'
import { planMigrations, listRuns, readStatus } from '@rowhouse/tenancy/migrations'
import { checkDrift, startRun } from './actions'
import { tenancy } from '#db/tenancy'

export default async function FleetPage({ searchParams }: PageProps<'/console/fleet'>) {
  const { formats } = await consolePage()
  const { pick, link } = parseListParams('/console/fleet' as Route, await searchParams)
  const onlyOutdated = pick('show', ['off']) !== null
  const [status, runs, drift] = await Promise.all([
    readStatus(tenancy()),
    listRuns(tenancy(), 10),
    lastCheckRun(tenancy(), 'drift'),
  ])
  // after readStatus, which also reads databases that have not been read yet
  const planned =
    status.current === status.total
      ? []
      : await planMigrations(tenancy()).catch((error: unknown) => {
          if (RowhouseError.is(error)) return error
          throw error
        })
  return (
    <PageFrame>
      <title>Fleet · Rowhouse console</title>
      <PageHeader title="Fleet" about="Every schema and database that migrations go to.">
        <ActionButton action={checkDrift} input={{}} done="The catalogues were compared.">
          Look for drift
        </ActionButton>
        <RunForm action={startRun} behind={status.total - status.current} formats={formats} />
      </PageHeader>
      <MetricCard
        metrics={[
          { name: 'Targets', value: formatCount(status.total, formats) },
          { name: 'At this build’s version', value: formatCount(status.current, formats) },
          { name: 'Newest migration', value: status.last.tenant },
          {
            name: 'Drift',
            value: drift ? formatDrift(drift.violations.length, formats) : 'Unknown',
            href: '/console/doctor',
          },
        ]}
      />
      <FleetPlan
        plan={Array.isArray(planned) ? { files: planned } : { error: planned.message }}
        formats={formats}
      />
      <FleetRuns runs={runs} formats={formats} />
      <FleetTargets
        targets={
          onlyOutdated ? status.targets.filter(({ state }) => state !== 'current') : status.targets
        }
        total={status.total}
        onlyOutdated={onlyOutdated}
        link={link}
        formats={formats}
      />
    </PageFrame>
  )
}

const formatDrift = (violations: number, formats: Formats) =>
  violations === 0 ? 'None' : formatCount(violations, formats)
