import NextLink from 'next/link'
import type { Action } from '#app/action'
import { moveAt, runAt, tenantAt } from '#components/console/addresses'
import { Ago } from '#components/console/figures'
import { State, type Tone } from '#components/console/marks'
import { ActionButton } from '#components/forms/action-button'
import { moment, type Formats } from '#components/formats'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Job, JobStage } from '#db/console/job-list'

export const stageNames: Record<JobStage, string> = {
  running: 'Running',
  failed: 'Failed',
  waiting: 'Waiting',
}
const tones: Record<JobStage, Tone> = { running: 'busy', failed: 'bad', waiting: 'plain' }

export function JobsTable({
  jobs,
  retry,
  formats,
}: {
  jobs: Job[]
  retry: Action<unknown>
  formats: Formats
}) {
  return (
    <Table>
      <caption className="sr-only">Jobs</caption>
      <thead>
        <tr>
          <Th>Job</Th>
          <Th>State</Th>
          <Th className="max-sm:hidden">Tenant</Th>
          <Th className="max-md:hidden">Since</Th>
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <Tr key={`${job.kind}${job.id}`}>
            <Td>
              <JobName job={job} />
              {job.note && (
                <span
                  className={`block max-w-xl text-sm wrap-anywhere first-letter:uppercase ${job.stage === 'failed' ? 'text-danger' : 'text-ink-soft'}`}
                >
                  {job.note}
                </span>
              )}
            </Td>
            <Td>
              <State tone={tones[job.stage]}>{stageNames[job.stage]}</State>
            </Td>
            <Td className="max-sm:hidden">
              {job.slug ? (
                <NextLink href={tenantAt(job.slug)} className="text-accent hover:underline">
                  {job.slug}
                </NextLink>
              ) : (
                <span className="text-ink-faint">–</span>
              )}
            </Td>
            <Td className="text-ink-soft max-md:hidden">
              <Ago at={job.at} formats={formats} />
            </Td>
            <Td className="text-right">
              {job.kind === 'queue' && job.stage === 'failed' && (
                <ActionButton
                  action={retry}
                  input={{ id: job.id }}
                  size="small"
                  done="It is tried again."
                >
                  Try again{' '}
                  <span className="sr-only">
                    {job.name}, since {moment(job.at, formats)}
                  </span>
                </ActionButton>
              )}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

function JobName({ job: { kind, id, name } }: { job: Job }) {
  const href = kind === 'move' ? moveAt(id) : kind === 'fleet run' ? runAt(id) : null
  return href ? (
    <NextLink href={href} className="font-medium hover:underline">
      {name}
    </NextLink>
  ) : (
    <span className="font-medium">{name}</span>
  )
}
