'use client'

import type { Action } from '#app/_actions/action'
import { RunState } from '#components/console/fleet-runs'
import { useLiveUpdates } from '#components/console/use-live-updates'
import { ActionButton } from '#components/forms/action-button'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { RunView } from '@rowhouse/tenancy/migrations'

/** The progress of a fleet run, and the targets that failed. */
export function LiveRun({
  first,
  runAgain,
  formats,
}: {
  first: RunView
  runAgain: Action<unknown>
  formats: Formats
}) {
  const { value: run } = useLiveUpdates<RunView>(`/console/fleet/runs/${first.id}`, first)
  const percent = (some: number) => (run.targets === 0 ? 0 : (some / run.targets) * 100)
  const done = run.over && run.targets === 0 ? 100 : percent(run.done)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <Card>
        <CardBody className="grid gap-3 pt-5">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p role="status" className="text-lg font-semibold">
              <RunState state={run.state} />
            </p>
            {run.over && run.failed > 0 && (
              <ActionButton action={runAgain} input={{}} look="primary" done="Asked for.">
                Run what is left
              </ActionButton>
            )}
          </div>
          <svg
            viewBox="0 0 100 1"
            preserveAspectRatio="none"
            role="img"
            aria-label={`${Math.round(done + percent(run.failed))}% of the targets`}
            className="h-2 w-full overflow-hidden rounded-full bg-line"
          >
            <rect width={done} height={1} className="fill-bar" />
            <rect x={done} width={percent(run.failed)} height={1} className="fill-danger" />
          </svg>
          <p className="tabular-nums">
            {formatCount(run.done, formats)} of {formatCount(run.targets, formats)} targets
            migrated, {formatCount(run.failed, formats)} failed
            {run.batch && !run.over ? `; now ${run.batch}` : ''}
            {run.over && run.targets === 0 && '. There was nothing to do.'}
          </p>
          {run.message && (
            <p className="wrap-anywhere text-warn first-letter:uppercase">{run.message}</p>
          )}
        </CardBody>
      </Card>
      {run.failures.length > 0 && <Failures failures={run.failures} />}
    </div>
  )
}

function Failures({ failures }: { failures: RunView['failures'] }) {
  return (
    <Card labelledBy="failures">
      <CardHeader id="failures" title="Failures" />
      <Table>
        <caption className="sr-only">Targets that failed</caption>
        <thead>
          <tr>
            <Th className="w-1/4">Target</Th>
            <Th className="max-sm:hidden">Migration</Th>
            <Th>Why</Th>
          </tr>
        </thead>
        <tbody>
          {failures.map(({ target, migration, statement, message }) => (
            <Tr key={target}>
              <Td className="py-2.75 align-baseline font-medium wrap-anywhere">{target}</Td>
              <Td className="py-2.75 align-baseline font-mono text-sm max-sm:hidden">
                {migration}
              </Td>
              <Td className="py-2.75 align-baseline wrap-anywhere">
                {message}
                {statement && (
                  <code className="block font-mono text-xs text-ink-soft">{statement}</code>
                )}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}
