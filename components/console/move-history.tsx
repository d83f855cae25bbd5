import NextLink from 'next/link'
import { movePath } from '#components/console/paths'
import { RelativeTime, formatDuration } from '#components/console/format-time'
import { placementLabels } from '#components/console/labels'
import { MoveStateLabel } from '#components/console/move-state-label'
import type { Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { TenantFacts } from '#db/operators/tenant-facts'

/** The moves of a tenant. */
export function MoveHistory({
  moves,
  moving,
  formats,
}: {
  moves: TenantFacts['moves']
  moving: boolean
  formats: Formats
}) {
  return (
    <Card labelledBy="moves">
      <CardHeader id="moves" title="Moves">
        {moving && <span className="text-sm text-ink-soft">One is under way</span>}
      </CardHeader>
      {moves.length === 0 ? (
        <p className="border-t border-line px-4 py-6 text-ink-soft sm:px-5">It has never moved.</p>
      ) : (
        <Table>
          <caption className="sr-only">Moves of this tenant</caption>
          <thead>
            <tr>
              <Th>From, to</Th>
              <Th>State</Th>
              <Th className="text-right max-sm:hidden">Writes waited</Th>
              <Th className="max-sm:hidden">Requested</Th>
            </tr>
          </thead>
          <tbody>
            {moves.map((move) => (
              <Tr key={move.id} className="relative">
                <Td>
                  <NextLink
                    href={movePath(move.id)}
                    className="font-medium after:absolute after:inset-0"
                  >
                    {placementLabels[move.source.kind]} →{' '}
                    {placementLabels[move.target.kind].toLowerCase()}
                  </NextLink>
                  <span className="line-clamp-2 text-sm wrap-anywhere text-ink-faint">
                    {move.reason}
                  </span>
                </Td>
                <Td>
                  <MoveStateLabel move={move} />
                </Td>
                <Td className="text-right tabular-nums max-sm:hidden">
                  {move.pauseMs === null ? '–' : formatDuration(move.pauseMs)}
                </Td>
                <Td className="text-ink-soft max-sm:hidden">
                  <RelativeTime at={move.requestedAt} formats={formats} />
                  <span className="block text-sm text-ink-faint">{move.requestedBy}</span>
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  )
}
