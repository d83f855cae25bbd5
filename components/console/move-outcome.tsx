import NextLink from 'next/link'
import { movePath } from '#components/console/paths'
import { formatDuration } from '#components/console/format-time'
import { tierLabel } from '#components/console/labels'
import { formatDateTime, type Formats } from '#components/formats'
import { Notice } from '#components/ui/notice'
import type { MoveView } from '@rowhouse/tenancy/moves'

/** The outcome of a move, or the decision that it waits for. */
export function MoveOutcome({ move, formats }: { move: MoveView; formats: Formats }) {
  const waited =
    move.pauseMs === null ? '' : ` Writes waited ${formatDuration(move.pauseMs)} at the switch.`
  const orphaned = (end: 'source' | 'target') =>
    move.forceFinishBy !== null &&
    move.events.some(({ event, side }) => event === 'orphaned' && side === end)
  if (move.state === 'aborted' && move.abortBy)
    return (
      <Notice look="warn">
        Aborted by {move.abortBy}. {move.tenant} never left its old location
        {orphaned('source') && ', on a server that could not be reached'}, and the new copy{' '}
        {orphaned('target') ? 'remains on a server that could not be reached' : 'is removed'}.
      </Notice>
    )
  if (move.abortBy)
    return (
      <Notice look="warn">{move.abortBy} is aborting this move. It stops at its next step.</Notice>
    )
  if (move.error)
    return (
      <Notice look="danger">
        Aborted: {move.error}. {move.tenant} never left its old location.
      </Notice>
    )
  if (move.state === 'switched' && move.confirmBy === null)
    return (
      <Notice>
        {move.tenant} is {tierLabel(move.tierTo)} now and lives in its new location.{waited} The old
        copy is kept, closed, until you confirm
        {move.graceUntil && <>, or until {formatDateTime(new Date(move.graceUntil), formats)}</>}.
        Until then you can roll back.
      </Notice>
    )
  if (move.state === 'cleaned')
    return (
      <Notice look={orphaned('target') ? 'warn' : 'plain'}>
        Done. {move.tenant} is {tierLabel(move.tierTo)}
        {orphaned('target') && ', on a server that could not be reached'}, and the old copy{' '}
        {orphaned('source') ? 'remains on a server that could not be reached' : 'is removed'}.
        {waited}
      </Notice>
    )
  if (move.wayBack)
    return (
      <Notice look="warn">
        {move.state === 'rolled_back' ? 'Rolled back' : 'Being rolled back'} by{' '}
        <NextLink href={movePath(move.wayBack)} className="font-medium underline">
          another move
        </NextLink>
        .
      </Notice>
    )
  return null
}
