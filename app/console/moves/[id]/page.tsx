import { notFound } from 'next/navigation'
import { consolePage } from '#app/_session/operator'
import { tenantPath } from '#components/console/paths'
import { LiveMove } from '#components/console/live-move'
import { PageFrame } from '#components/page'
import { NotFound } from '@rowhouse/tenancy'
import { readMoveView } from '@rowhouse/tenancy/moves'
import { PageHeader } from '#components/ui/page-header'
import { placementLabels, tierLabel } from '#components/console/labels'
import { forceFinishMove, abortMove, confirmMove, rollBackMove, resumeMove } from '../actions'
import { tenancy } from '#db/tenancy'

export default async function MovePage({ params }: PageProps<'/console/moves/[id]'>) {
  const { formats } = await consolePage()
  const { id } = await params
  const move = await readMoveView(tenancy(), id).catch((error: unknown) => {
    if (NotFound.is(error)) notFound()
    throw error
  })
  return (
    <PageFrame width="normal">
      <title>{`Move of ${move.tenant} · Rowhouse console`}</title>
      <PageHeader
        title={`${move.tenant}: ${tierLabel(move.tierFrom)} to ${tierLabel(move.tierTo)}`}
        about={`${placementLabels[move.from]} → ${placementLabels[move.to].toLowerCase()}. ${move.reason}`}
        back={{ href: tenantPath(move.slug), label: move.tenant }}
      />
      {/* an ended move that is resumed needs a new stream */}
      <LiveMove
        key={`${id} ${move.over}`}
        first={move}
        formats={formats}
        actions={{
          abort: abortMove,
          confirm: confirmMove,
          forceFinish: forceFinishMove,
          resume: resumeMove,
          rollBack: rollBackMove,
        }}
      />
    </PageFrame>
  )
}
