import { notFound } from 'next/navigation'
import { consolePage } from '#app/operator'
import { tenantAt } from '#components/console/addresses'
import { LiveMove } from '#components/console/live-move'
import { PageFrame } from '#components/page'
import { NotFound } from '#db/errors'
import { readMoveView } from '#db/move/view'
import { PageHeader } from '#components/ui/page-header'
import { kindNames, tierNames } from '#components/console/marks'
import { abandonMove, abortMove, confirmMove, rollBackMove, tidyMove } from '../actions'

export default async function MovePage({ params }: PageProps<'/console/moves/[id]'>) {
  const { formats } = await consolePage()
  const { id } = await params
  const move = await readMoveView(id).catch((error: unknown) => {
    if (error instanceof NotFound) notFound()
    throw error
  })
  return (
    <PageFrame width="normal">
      <title>{`Move of ${move.tenant} · Rowhouse console`}</title>
      <PageHeader
        title={`${move.tenant}: ${tierNames[move.tierFrom]} to ${tierNames[move.tierTo]}`}
        about={`${kindNames[move.from]} → ${kindNames[move.to].toLowerCase()}. ${move.reason}`}
        back={{ href: tenantAt(move.slug), label: move.tenant }}
      />
      {/* one that was over and is taken up again is followed anew */}
      <LiveMove
        key={`${id} ${move.over}`}
        first={move}
        formats={formats}
        actions={{
          abandon: abandonMove,
          abort: abortMove,
          confirm: confirmMove,
          rollBack: rollBackMove,
          tidy: tidyMove,
        }}
      />
    </PageFrame>
  )
}
