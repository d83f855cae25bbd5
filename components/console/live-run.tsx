'use client'

import type { Action } from '#app/action'
import { Deed } from '#components/console/deed'
import { RunState } from '#components/console/fleet-runs'
import { useLive } from '#components/console/use-live'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { RunView } from '#db/fleet/view'

/** A fleet run as it happens, and who failed in it. */
export function LiveRun({ first, again }: { first: RunView; again: Action<unknown> }) {
  const { value: run } = useLive<RunView>(`/console/fleet/runs/${first.id}`, first)
  const part = (some: number) => (run.targets === 0 ? 0 : (some / run.targets) * 100)
  const done = run.over && run.targets === 0 ? 100 : part(run.done)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <Card>
        <CardBody className="grid gap-3 pt-5">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p role="status" className="text-lg font-semibold"><RunState state={run.state} /></p>
            {run.over && run.failed > 0 && <Deed action={again} input={{}} look="primary" done="Asked for.">Run what is left</Deed>}
          </div>
          <svg viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label={`${Math.round(done + part(run.failed))} % of the targets`} className="h-2 w-full overflow-hidden rounded-full bg-line">
            <rect width={done} height={1} className="fill-bar" />
            <rect x={done} width={part(run.failed)} height={1} className="fill-danger" />
          </svg>
          <p className="tabular-nums">
            {run.done} of {run.targets} targets migrated, {run.failed} failed{run.wave && !run.over ? `; now ${run.wave}` : ''}
            {run.over && run.targets === 0 && '. There was nothing to do.'}
          </p>
          {run.message && <p className="text-warn">{run.message}</p>}
        </CardBody>
      </Card>
      {run.failures.length > 0 && (
        <Card labelledBy="failures">
          <CardHeader id="failures" title="Failures" />
          <Table>
            <caption className="sr-only">Targets that failed</caption>
            <thead>
              <tr>
                <Th>Target</Th>
                <Th className="max-sm:hidden">Migration</Th>
                <Th>Why</Th>
              </tr>
            </thead>
            <tbody>
              {run.failures.map(({ target, migration, statement, message }) => (
                <Tr key={target}>
                  <Td className="font-medium">{target}</Td>
                  <Td className="font-mono text-sm max-sm:hidden">{migration}</Td>
                  <Td>
                    {message}
                    {statement && <code className="block font-mono text-xs break-words text-ink-soft">{statement}</code>}
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        </Card>
      )}
    </div>
  )
}
