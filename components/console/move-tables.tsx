import { Check } from 'lucide-react'
import { formatDuration } from '#components/console/format-time'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { MoveView, ViewedEvent } from '@rowhouse/tenancy/moves'

/** For each table: how many rows were copied, and how many are equal on both sides. */
export function MoveTables({ move, formats }: { move: MoveView; formats: Formats }) {
  const copied = lastByTable(move.events, 'table_copied')
  const compared = lastByTable(move.events, 'table_compared')
  const tables = [...new Set([...copied.keys(), ...compared.keys()])]
  return (
    <Card labelledBy="tables">
      <CardHeader id="tables" title="Tables">
        {compared.size > 0 && (
          <span className="text-sm text-ink-soft tabular-nums">
            {formatCount(
              [...compared.values()].reduce((sum, { rows }) => sum + (rows ?? 0), 0),
              formats,
            )}{' '}
            rows the same on both sides
          </span>
        )}
      </CardHeader>
      {tables.length === 0 ? (
        <p className="border-t border-line px-4 py-6 text-ink-soft sm:px-5">
          Nothing is copied yet.
        </p>
      ) : (
        <Table>
          <caption className="sr-only">Copy and comparison of each table</caption>
          <thead>
            <tr>
              <Th>Table</Th>
              <Th className="text-right">Copied</Th>
              <Th className="text-right max-sm:hidden">Took</Th>
              <Th className="text-right">Compared</Th>
            </tr>
          </thead>
          <tbody>
            {tables.map((table) => {
              const copy = copied.get(table)
              const comparison = compared.get(table)
              return (
                <Tr key={table}>
                  <Td className="font-mono text-sm">{table}</Td>
                  <Td className="text-right tabular-nums">
                    {copy ? formatCount(copy.rows ?? 0, formats) : '–'}
                  </Td>
                  <Td className="text-right text-ink-soft tabular-nums max-sm:hidden">
                    {copy?.tookMs == null ? '–' : formatDuration(copy.tookMs)}
                  </Td>
                  <Td className="text-right tabular-nums">
                    {comparison ? (
                      <span className="inline-flex items-center gap-1.5 align-top">
                        <Check aria-hidden className="size-4 text-delivered" />
                        {formatCount(comparison.rows ?? 0, formats)}
                        <span className="sr-only">the same</span>
                      </span>
                    ) : (
                      <span className="text-ink-faint">–</span>
                    )}
                  </Td>
                </Tr>
              )
            })}
          </tbody>
        </Table>
      )}
    </Card>
  )
}

const lastByTable = (events: ViewedEvent[], name: string) =>
  new Map(events.filter(({ event }) => event === name).map((event) => [event.detail, event]))
