import type { Route } from 'next'
import { parseListParams } from '#app/_http/list-search-params'
import { consolePage } from '#app/_session/operator'
import { MovesTable } from '#components/console/moves-table'
import { PageFrame } from '#components/page'
import { Card } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import { Pager } from '#components/ui/pager'
import { ButtonLink } from '#components/ui/button'
import { Tabs } from '#components/ui/tabs'
import { listMoves } from '@rowhouse/tenancy/moves'
import { tenancy } from '#db/tenancy'

export default async function MovesPage({ searchParams }: PageProps<'/console/moves'>) {
  const { formats } = await consolePage()
  const { cursor, link, pick } = parseListParams('/console/moves' as Route, await searchParams)
  const live = pick('show', ['live']) !== null
  const page = await listMoves(tenancy(), { live, size: 50, cursor })
  return (
    <PageFrame>
      <title>Moves · Rowhouse console</title>
      <PageHeader
        title="Moves"
        about="A tenant’s rows moved from one location to another while it keeps working."
      />
      <Card>
        <Tabs
          label="Which moves"
          tabs={[
            { name: 'All', href: link({ show: null }), current: !live },
            { name: 'Not over yet', href: link({ show: 'live' }), current: live },
          ]}
        />
        {page.rows.length === 0 ? (
          <EmptyState
            title={live ? 'Nobody is moving' : 'Nobody has moved yet'}
            action={<ButtonLink href={'/console/tenants' as Route}>Choose a tenant</ButtonLink>}
          >
            A change of tier moves a tenant to the location of its new tier.
          </EmptyState>
        ) : (
          <MovesTable rows={page.rows} formats={formats} />
        )}
        <Pager page={page} link={link} />
      </Card>
    </PageFrame>
  )
}
