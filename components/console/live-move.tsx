'use client'

import type { Action } from '#app/_actions/action'
import { MoveActions } from '#components/console/move-actions'
import { MoveEvents } from '#components/console/move-events'
import { MoveOutcome } from '#components/console/move-outcome'
import { MoveProgress } from '#components/console/move-progress'
import { MoveSteps } from '#components/console/move-steps'
import { MoveTables } from '#components/console/move-tables'
import { useLiveUpdates } from '#components/console/use-live-updates'
import type { Formats } from '#components/formats'
import type { MoveView } from '@rowhouse/tenancy/moves'

type Props = {
  first: MoveView
  formats: Formats
  actions: Record<'abort' | 'confirm' | 'forceFinish' | 'resume' | 'rollBack', Action<unknown>>
}

/** A move, updated as it happens. */
export function LiveMove({ first, formats, actions }: Props) {
  const { value: move, connection } = useLiveUpdates<MoveView>(`/console/moves/${first.id}`, first)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <MoveProgress move={move} connection={connection} formats={formats}>
        <MoveActions move={move} actions={actions} />
      </MoveProgress>
      <MoveOutcome move={move} formats={formats} />
      <div className="grid items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <MoveSteps move={move} />
        <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
          <MoveTables move={move} formats={formats} />
          <MoveEvents move={move} formats={formats} />
        </div>
      </div>
    </div>
  )
}
