import { clsx } from 'clsx'
import NextLink from 'next/link'
import { movePath } from '#components/console/paths'
import { RelativeTime, formatDuration } from '#components/console/format-time'
import { placementLabels } from '#components/console/labels'
import { MoveStateLabel } from '#components/console/move-state-label'
import { formatCount, type Formats } from '#components/formats'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { MoveRow } from '@rowhouse/tenancy/moves'

export function MovesTable({ rows, formats }: { rows: MoveRow[]; formats: Formats }) {
  return (
    <Table>
      <caption className="sr-only">Moves</caption>
      <thead>
        <tr>
          <Th>Tenant</Th>
          <Th className="max-sm:hidden">From, to</Th>
          <Th>State</Th>
          <Th className="text-right max-md:hidden">Rows</Th>
          <Th className="text-right max-md:hidden">Writes waited</Th>
          <Th className="max-lg:hidden">Requested</Th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Tr key={row.id} className="relative">
            <Td>
              <NextLink
                href={movePath(row.id)}
                className="font-medium wrap-anywhere after:absolute after:inset-0"
              >
                {row.tenant}
              </NextLink>
              <span className="block text-sm text-ink-faint sm:hidden">
                {placementLabels[row.source.kind]} →{' '}
                {placementLabels[row.target.kind].toLowerCase()}
              </span>
            </Td>
            <Td className="max-sm:hidden">
              {placementLabels[row.source.kind]} → {placementLabels[row.target.kind].toLowerCase()}
            </Td>
            <Td>
              <MoveStateLabel move={row} />
              {row.error && (
                <span
                  className={clsx(
                    'line-clamp-2 max-w-80 text-sm wrap-anywhere',
                    row.abortBy ? 'text-ink-soft max-sm:hidden' : 'text-danger',
                  )}
                >
                  {row.abortBy ? `by ${row.abortBy}` : row.error}
                </span>
              )}
            </Td>
            <Td className="text-right tabular-nums max-md:hidden">
              {formatCount(row.rowsTotal, formats)}
            </Td>
            <Td className="text-right tabular-nums max-md:hidden">
              {row.pauseMs === null ? '–' : formatDuration(row.pauseMs)}
            </Td>
            <Td className="text-ink-soft max-lg:hidden">
              <RelativeTime at={row.requestedAt} formats={formats} />{' '}
              <span className="text-ink-faint">by {row.requestedBy}</span>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
