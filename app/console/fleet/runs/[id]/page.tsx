import type { Route } from 'next'
import { notFound } from 'next/navigation'
import { consolePage } from '#app/_session/operator'
import { LiveRun } from '#components/console/live-run'
import { PageFrame } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { NotFound } from '@rowhouse/tenancy'
import { readRunView } from '@rowhouse/tenancy/migrations'
import { startRun } from '../../actions'
import { tenancy } from '#db/tenancy'

export default async function RunPage({ params }: PageProps<'/console/fleet/runs/[id]'>) {
  const { formats } = await consolePage()
  const { id } = await params
  const run = await readRunView(tenancy(), id).catch((error: unknown) => {
    if (NotFound.is(error)) notFound()
    throw error
  })
  return (
    <PageFrame width="normal">
      <title>Fleet run · Rowhouse console</title>
      <PageHeader
        title="Fleet run"
        about={`Asked for by ${run.requestedBy}${run.canary.length > 0 ? `, canaries ${run.canary.join(', ')}` : ''}.`}
        back={{ href: '/console/fleet' as Route, label: 'Fleet' }}
      />
      <LiveRun key={id} first={run} runAgain={startRun} formats={formats} />
    </PageFrame>
  )
}
