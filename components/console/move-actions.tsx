'use client'

import type { Action } from '#app/_actions/action'
import { ReasonDialog } from '#components/console/reason-dialog'
import { tierLabel } from '#components/console/labels'
import { isBeforeSwitch } from '@rowhouse/tenancy/move-states'
import type { MoveView } from '@rowhouse/tenancy/moves'

type Props = {
  move: MoveView
  actions: Record<'abort' | 'confirm' | 'forceFinish' | 'resume' | 'rollBack', Action<unknown>>
}

/**
 * The actions that an operator can take in the move's current state. The keys prevent an open dialog
 * from turning into another one when the state changes.
 */
export function MoveActions({ move, actions }: Props) {
  const hidden = { slug: move.slug }
  if (isBeforeSwitch(move.state) && move.abortBy === null)
    return (
      <ReasonDialog
        key="abort"
        action={actions.abort}
        hidden={hidden}
        opener="Abort…"
        title="Abort this move"
        save="Abort"
        look="danger"
        needsReason={false}
      >
        {move.tenant} stays where it is, and what was created at the target is removed.
      </ReasonDialog>
    )
  if (move.canResume)
    return (
      <ReasonDialog
        key="resume"
        action={actions.resume}
        hidden={hidden}
        opener="Resume…"
        title="Resume this move"
        save="Resume"
        needsReason={false}
      >
        For a server that can be reached again. {move.tenant} gets access again where the move had
        closed it, and the copy that remained on that server is removed.
      </ReasonDialog>
    )
  if (move.canForceFinish)
    return (
      <ReasonDialog
        key="force-finish"
        action={actions.forceFinish}
        hidden={hidden}
        opener="Force finish…"
        title="Finish this move without that server"
        save="Force finish"
        look="danger"
        needsReason={false}
      >
        For a server that is lost for good. The move cleans up everywhere else. A copy on that
        server stays there, in case it comes back.
      </ReasonDialog>
    )
  if (move.state !== 'switched' || move.confirmBy !== null) return null
  return <SwitchedActions move={move} actions={actions} />
}

function SwitchedActions({ move, actions }: Props) {
  const hidden = { slug: move.slug }
  return (
    <>
      {move.rollsBack === null && (
        <ReasonDialog
          action={actions.rollBack}
          hidden={hidden}
          opener="Roll back…"
          title={`Roll ${move.tenant} back to ${tierLabel(move.tierFrom)}`}
          save="Roll back"
          look="danger"
        >
          Another move takes the tenant to its old location, with everything that was written since.
        </ReasonDialog>
      )}
      <ReasonDialog
        action={actions.confirm}
        hidden={hidden}
        opener="Confirm…"
        openerLook="primary"
        title="Confirm this move"
        save="Confirm"
        needsReason={false}
      >
        The old copy is removed. After that there is no way back but a new move.
      </ReasonDialog>
    </>
  )
}
