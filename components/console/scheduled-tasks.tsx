import { formatDuration, RelativeTime } from '#components/console/format-time'
import type { Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { Table, Td, Th, Tr } from '#components/ui/table'

type TaskReport = {
  name: string
  everyMs: number
  endedAt: Date | null
  failedAt: Date | null
  failures: number
  error: string | null
  nextRunAt: Date | null
}

/** The workers' periodic tasks, each with its last run, next run and last failure. */
export function ScheduledTasks({ tasks, formats }: { tasks: TaskReport[]; formats: Formats }) {
  return (
    <Card labelledBy="scheduled-tasks">
      <CardHeader id="scheduled-tasks" title="Scheduled tasks" />
      {tasks.length === 0 ? (
        <EmptyState title="No worker has reported yet">Start one with npm run worker.</EmptyState>
      ) : (
        <Table>
          <caption className="sr-only">Scheduled tasks</caption>
          <thead>
            <tr>
              <Th>Task</Th>
              <Th className="max-sm:hidden">Every</Th>
              <Th>Last run</Th>
              <Th className="max-sm:hidden">Next run</Th>
              <Th>Last failure</Th>
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <Tr key={task.name}>
                <Td className="font-medium first-letter:uppercase">{task.name}</Td>
                <Td className="text-ink-soft max-sm:hidden">{formatDuration(task.everyMs)}</Td>
                <Td className="text-ink-soft">
                  {task.endedAt ? <RelativeTime at={task.endedAt} formats={formats} /> : 'not yet'}
                </Td>
                <Td className="text-ink-soft max-sm:hidden">
                  {task.nextRunAt && <RelativeTime at={task.nextRunAt} formats={formats} />}
                </Td>
                <Td className={task.failures > 0 ? 'text-danger' : 'text-ink-soft'}>
                  {task.failedAt ? (
                    <>
                      <RelativeTime at={task.failedAt} formats={formats} />
                      <span className="block text-sm">
                        {task.failures > 0 && `${task.failures} in a row, `}
                        {task.error}
                      </span>
                    </>
                  ) : (
                    'none'
                  )}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  )
}
