import NextLink from 'next/link'
import { movePath } from '#components/console/paths'
import { formatDuration } from '#components/console/format-time'
import { tierLabel } from '#components/console/labels'
import { formatDateTime, type Formats } from '#components/formats'
import { Notice } from '#components/ui/notice'
import type { MoveView } from '@rowhouse/tenancy/moves'

/** What there is to know about where the move stands, beyond its progress. */
export function MoveOutcome({ move, formats }: { move: MoveView; formats: Formats }) {
  const waited =
    move.pauseMs === null ? '' : ` Writes waited ${formatDuration(move.pauseMs)} at the switch.`
  const left = (side: 'old' | 'new') =>
    move.abandonBy !== null &&
    move.events.some(({ event }) => event === `${side} place left behind`)
  if (move.state === 'aborted' && move.abortBy)
    return (
      <Notice look="warn">
        Given up by {move.abortBy}. {move.tenant} never left its place
        {left('old') && ', on a server that did not answer'}, and what was made{' '}
        {left('new') ? 'is left on a server that did not answer' : 'is gone'}.
      </Notice>
    )
  if (move.abortBy)
    return (
      <Notice look="warn">{move.abortBy} has given this move up; it ends at its next step.</Notice>
    )
  if (move.error)
    return (
      <Notice look="danger">
        Given up: {move.error}. {move.tenant} never left its place.
      </Notice>
    )
  if (move.state === 'switched' && move.confirmBy === null)
    return (
      <Notice>
        {move.tenant} is {tierLabel(move.tierTo)} now and lives in its new place.{waited} The old
        copy is kept, closed, until you confirm
        {move.graceUntil && <>, or until {formatDateTime(new Date(move.graceUntil), formats)}</>}.
        Until then you can roll back.
      </Notice>
    )
  if (move.state === 'cleaned')
    return (
      <Notice look={left('new') ? 'warn' : 'plain'}>
        Done. {move.tenant} is {tierLabel(move.tierTo)}
        {left('new') && ', on a server that did not answer'}, and{' '}
        {left('old')
          ? 'the old copy is left on a server that did not answer'
          : 'nothing is left of the old copy'}
        .{waited}
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
