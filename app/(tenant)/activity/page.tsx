import type { Metadata } from 'next'
import { parseListParams } from '#app/_http/list-search-params'
import { tenantPage } from '#app/_session/tenant-page'
import { ActivityList } from '#components/activity/activity-list'
import { Page } from '#components/page'
import { Card, CardBody } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import { Pager } from '#components/ui/pager'
import { SearchBox } from '#components/ui/search-box'
import { Tabs } from '#components/ui/tabs'
import * as activity from '#db/activity/activity'

export const metadata: Metadata = { title: 'Activity' }

const topicNames = {
  orders: 'Orders',
  customers: 'Customers',
  products: 'Products',
  operators: 'Operators',
}
const topics = Object.keys(topicNames) as (keyof typeof topicNames)[]

export default async function ActivityPage({ searchParams }: PageProps<'/activity'>) {
  const { scope, formats, db } = await tenantPage()
  const { q, cursor, link, keepParams, pick } = parseListParams('/activity', await searchParams)
  const about = pick('about', topics)
  const page = await db((tx) => activity.list(tx, { about, search: q, cursor, size: 50 }))
  const tabs = [
    { name: 'All', href: link({ about: null }), current: about === null },
    ...topics.map((topic) => ({
      name: topicNames[topic],
      href: link({ about: topic }),
      current: about === topic,
    })),
  ]
  return (
    <Page scope={scope} width="normal">
      <PageHeader
        title="Activity"
        about="Who did what in this organisation, written down in the same transaction as the action itself. What our own operators do here is listed too."
      />
      <Card>
        <Tabs label="About" tabs={tabs} />
        <div className="px-4 py-3 sm:px-5">
          <SearchBox
            action="/activity"
            keep={keepParams('q')}
            value={q}
            label="Search activity"
            placeholder="Who, or what it was done to"
          />
        </div>
        {page.rows.length === 0 ? (
          <EmptyState title={q || about ? 'Nothing fits' : 'Nothing has happened yet'}>
            {q
              ? 'Names and subjects of the newest 20,000 entries are searched for all your words.'
              : 'As soon as somebody creates, edits or cancels something, it is written down here.'}
          </EmptyState>
        ) : (
          <CardBody className="border-t border-line pt-4">
            <ActivityList entries={page.rows} formats={formats} />
          </CardBody>
        )}
        <Pager page={page} link={link} />
      </Card>
    </Page>
  )
}
