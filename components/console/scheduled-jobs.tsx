import { RelativeTime } from '#components/console/format-time'
import type { Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Round } from '#db/operators/job-list'

/** What comes round by itself. */
export function ScheduledJobs({ rounds, formats }: { rounds: Round[]; formats: Formats }) {
  return (
    <Card labelledBy="rounds">
      <CardHeader id="rounds" title="Comes round by itself" />
      <Table>
        <caption className="sr-only">What comes round by itself</caption>
        <thead>
          <tr>
            <Th>What</Th>
            <Th className="max-sm:hidden">Every</Th>
            <Th>Last</Th>
          </tr>
        </thead>
        <tbody>
          {rounds.map(({ name, every, last }) => (
            <Tr key={name}>
              <Td className="font-medium">
                {name}
                <span className="block text-sm font-normal text-ink-faint sm:hidden">
                  Every {every}
                </span>
              </Td>
              <Td className="text-ink-soft max-sm:hidden">{every}</Td>
              <Td className="text-ink-soft">
                {last ? <RelativeTime at={last} formats={formats} /> : 'not yet'}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}
