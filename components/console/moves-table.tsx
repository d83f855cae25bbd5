import { clsx } from 'clsx'
import NextLink from 'next/link'
import { moveAt } from '#components/console/addresses'
import { Ago, duration } from '#components/console/figures'
import { kindNames } from '#components/console/marks'
import { MoveStateText } from '#components/console/move-state'
import { count, type Formats } from '#components/formats'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { MoveRow } from '#db/move/view'

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
          <Th className="max-lg:hidden">Asked for</Th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Tr key={row.id} className="relative">
            <Td>
              <NextLink
                href={moveAt(row.id)}
                className="font-medium wrap-anywhere after:absolute after:inset-0"
              >
                {row.tenant}
              </NextLink>
              <span className="block text-sm text-ink-faint sm:hidden">
                {kindNames[row.source.kind]} → {kindNames[row.target.kind].toLowerCase()}
              </span>
            </Td>
            <Td className="max-sm:hidden">
              {kindNames[row.source.kind]} → {kindNames[row.target.kind].toLowerCase()}
            </Td>
            <Td>
              <MoveStateText move={row} />
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
              {count(row.rowsTotal, formats)}
            </Td>
            <Td className="text-right tabular-nums max-md:hidden">
              {row.pauseMs === null ? '–' : duration(row.pauseMs)}
            </Td>
            <Td className="text-ink-soft max-lg:hidden">
              <Ago at={row.requestedAt} formats={formats} />{' '}
              <span className="text-ink-faint">by {row.requestedBy}</span>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
