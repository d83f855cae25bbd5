'use client'

import type { Action } from '#app/_actions/action'
import { ReasonDialog } from '#components/console/reason-dialog'
import { tierLabel } from '#components/console/labels'
import type { MoveView } from '@rowhouse/tenancy/moves'

const before = [
  'requested',
  'provisioned',
  'capturing',
  'copied',
  'indexed',
  'caught_up',
  'verified',
]

type Props = {
  move: MoveView
  actions: Record<'abandon' | 'abort' | 'confirm' | 'rollBack' | 'tidy', Action<unknown>>
}

/** What an operator may decide at this point. */
export function MoveActions({ move, actions }: Props) {
  const hidden = { slug: move.slug }
  if (before.includes(move.state) && move.abortBy === null)
    return (
      <ReasonDialog
        action={actions.abort}
        hidden={hidden}
        opener="Give up…"
        title="Give this move up"
        save="Give it up"
        look="danger"
        needsReason={false}
      >
        {move.tenant} stays where it is, and what was made at the target is taken away.
      </ReasonDialog>
    )
  if (move.tidiable)
    return (
      <ReasonDialog
        action={actions.tidy}
        hidden={hidden}
        opener="Tidy up…"
        title="Tidy up after this move"
        save="Tidy up"
        needsReason={false}
      >
        For a server that is there again. {move.tenant} is let in where the move had shut it out,
        and what the move left on that server is taken away.
      </ReasonDialog>
    )
  if (move.abandonable)
    return (
      <ReasonDialog
        action={actions.abandon}
        hidden={hidden}
        opener="Abandon…"
        title="End this move without that server"
        save="Abandon"
        look="danger"
        needsReason={false}
      >
        For a server that is gone for good. What the move made or was to remove elsewhere is taken
        away; what is on that server stays there, should it ever come back.
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
          Another move brings the tenant to its old place, with everything that was written since.
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
