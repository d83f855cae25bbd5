import type { Route } from 'next'
import NextLink from 'next/link'
import { movePath, fleetRunPath, tenantPath } from '#components/console/paths'
import { RelativeTime } from '#components/console/format-time'
import { StateLabel, type Tone } from '#components/console/labels'
import type { Formats } from '#components/formats'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Job, JobStage } from '#db/operators/job-list'

export const stageNames: Record<JobStage, string> = {
  running: 'Running',
  failed: 'Failed',
  waiting: 'Waiting',
}
const tones: Record<JobStage, Tone> = { running: 'busy', failed: 'bad', waiting: 'plain' }

export function JobsTable({ jobs, formats }: { jobs: Job[]; formats: Formats }) {
  return (
    <Table>
      <caption className="sr-only">Jobs</caption>
      <thead>
        <tr>
          <Th>Job</Th>
          <Th>State</Th>
          <Th className="max-sm:hidden">Tenant</Th>
          <Th className="max-md:hidden">Since</Th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <Tr key={`${job.kind}${job.id}`}>
            <Td>
              <JobName job={job} />
              {job.detail && (
                <span
                  className={`block max-w-xl text-sm wrap-anywhere first-letter:uppercase ${job.stage === 'failed' ? 'text-danger' : 'text-ink-soft'}`}
                >
                  {job.detail}
                </span>
              )}
            </Td>
            <Td>
              <StateLabel tone={tones[job.stage]}>{stageNames[job.stage]}</StateLabel>
            </Td>
            <Td className="max-sm:hidden">
              {job.slug ? (
                <NextLink href={tenantPath(job.slug)} className="text-accent hover:underline">
                  {job.slug}
                </NextLink>
              ) : (
                <span className="text-ink-faint">–</span>
              )}
            </Td>
            <Td className="text-ink-soft max-md:hidden">
              <RelativeTime at={job.at} formats={formats} />
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

const jobPaths: Partial<Record<Job['kind'], (id: string) => Route>> = {
  move: movePath,
  'fleet run': fleetRunPath,
}

function JobName({ job: { kind, id, name } }: { job: Job }) {
  const href = jobPaths[kind]?.(id)
  return href ? (
    <NextLink href={href} className="font-medium hover:underline">
      {name}
    </NextLink>
  ) : (
    <span className="font-medium">{name}</span>
  )
}
