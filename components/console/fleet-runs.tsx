import NextLink from 'next/link'
import { fleetRunPath } from '#components/console/paths'
import { RelativeTime, formatDuration } from '#components/console/format-time'
import { StateLabel, type Tone } from '#components/console/labels'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { listRuns } from '@rowhouse/tenancy/migrations'

type ListedRun = Awaited<ReturnType<typeof listRuns>>[number]
const stateLabels: Record<ListedRun['state'], [string, Tone]> = {
  requested: ['Asked for', 'busy'],
  running: ['Running', 'busy'],
  done: ['Done', 'good'],
  failed: ['Failed', 'bad'],
  stopped: ['Stopped', 'warn'],
}

export function RunState({ state }: { state: ListedRun['state'] }) {
  const [label, tone] = stateLabels[state]
  return <StateLabel tone={tone}>{label}</StateLabel>
}

export function FleetRuns({ runs, formats }: { runs: ListedRun[]; formats: Formats }) {
  return (
    <Card labelledBy="runs">
      <CardHeader id="runs" title="Runs" />
      {runs.length === 0 ? (
        <p className="border-t border-line px-4 py-6 text-ink-soft sm:px-5">No run was made yet.</p>
      ) : (
        <Table>
          <caption className="sr-only">Fleet runs</caption>
          <thead>
            <tr>
              <Th>Run</Th>
              <Th>State</Th>
              <Th className="text-right max-sm:pr-4">Targets</Th>
              <Th className="text-right max-sm:hidden">Failed</Th>
              <Th className="text-right max-sm:hidden">Took</Th>
              <Th className="max-md:hidden">By</Th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Tr key={run.id} className="relative">
                <Td>
                  <NextLink
                    href={fleetRunPath(run.id)}
                    className="font-medium after:absolute after:inset-0"
                  >
                    <RelativeTime at={run.requestedAt} formats={formats} />
                  </NextLink>
                </Td>
                <Td>
                  <RunState state={run.state} />
                </Td>
                <Td className="text-right tabular-nums max-sm:pr-4">
                  {formatCount(run.done, formats)} of {formatCount(run.targets, formats)}
                  {run.failed > 0 && (
                    <span className="block text-sm text-danger sm:hidden">
                      {formatCount(run.failed, formats)} failed
                    </span>
                  )}
                </Td>
                <Td className="text-right tabular-nums max-sm:hidden">
                  {formatCount(run.failed, formats)}
                </Td>
                <Td className="text-right tabular-nums max-sm:hidden">
                  {run.startedAt && run.endedAt
                    ? formatDuration(run.endedAt.getTime() - run.startedAt.getTime())
                    : '–'}
                </Td>
                <Td className="text-ink-soft max-md:hidden">{run.requestedBy}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  )
}
