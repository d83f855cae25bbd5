import type { Route } from 'next'
import { notFound } from 'next/navigation'
import { consolePage } from '#app/operator'
import { LiveRun } from '#components/console/live-run'
import { PageFrame } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { NotFound } from '#db/errors'
import { readRunView } from '#db/fleet/view'
import { startRun } from '../../actions'

export default async function RunPage({ params }: PageProps<'/console/fleet/runs/[id]'>) {
  const { formats } = await consolePage()
  const { id } = await params
  const run = await readRunView(id).catch((error: unknown) => {
    if (error instanceof NotFound) notFound()
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
      <LiveRun key={id} first={run} again={startRun} formats={formats} />
    </PageFrame>
  )
}
