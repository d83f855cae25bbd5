import type { Route } from 'next'
import { consolePage } from '#app/_session/operator'
import { parseListParams } from '#app/_http/list-search-params'
import { JobsTable, stageNames } from '#components/console/jobs-table'
import { ScheduledTasks } from '#components/console/scheduled-tasks'
import { formatCount } from '#components/formats'
import { PageFrame } from '#components/page'
import { Card } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import { Tabs } from '#components/ui/tabs'
import { jobStages, listJobs } from '#db/operators/job-list'

import { platform } from '#db/tenancy'
import { listTasks } from '@rowhouse/tenancy/admin'

export default async function JobsPage({ searchParams }: PageProps<'/console/jobs'>) {
  const { formats } = await consolePage()
  const { pick, link } = parseListParams('/console/jobs' as Route, await searchParams)
  const [all, tasks] = await Promise.all([listJobs(), listTasks(platform())])
  const stage = pick('show', jobStages)
  const jobs = stage ? all.filter((job) => job.stage === stage) : all
  const tab = (name: string, value: (typeof jobStages)[number] | null, found: number) => ({
    name: `${name} ${formatCount(found, formats)}`,
    href: link({ show: value }),
    current: stage === value,
  })
  return (
    <PageFrame>
      <title>Jobs · Rowhouse console</title>
      <PageHeader
        title="Jobs"
        about="What the workers have before them, are at, or could not do. Failures are kept in sight for a week."
      />
      <Card>
        <Tabs
          label="Which jobs"
          tabs={[
            tab('All', null, all.length),
            ...jobStages.map((one) =>
              tab(stageNames[one], one, all.filter((job) => job.stage === one).length),
            ),
          ]}
        />
        {jobs.length === 0 ? (
          <EmptyState title="Nothing to do">
            The workers wait for something to be asked for.
          </EmptyState>
        ) : (
          <JobsTable jobs={jobs} formats={formats} />
        )}
      </Card>
      <ScheduledTasks tasks={tasks} formats={formats} />
    </PageFrame>
  )
}
