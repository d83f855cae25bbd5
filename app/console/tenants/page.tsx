import type { Route } from 'next'
import { parseListParams } from '#app/_http/list-search-params'
import { consolePage } from '#app/_session/operator'
import { TenantFilters } from '#components/console/tenant-filters'
import { TenantsTable } from '#components/console/tenants-table'
import { formatCount } from '#components/formats'
import { PageFrame } from '#components/page'
import { Card } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import { Pager } from '#components/ui/pager'
import { violationsIn } from '@rowhouse/tenancy/checks'
import { readStatus } from '@rowhouse/tenancy/migrations'
import { placementKinds } from '@rowhouse/tenancy'
import { tierNames } from '#db/tiers'
import {
  countTenants,
  listTenants,
  tenantSorts,
  tenantStates,
  type TenantFilter,
  type TenantView,
} from '#db/operators/tenant-list'
import { hoursAgo, usageOf } from '#db/operators/usage-report'
import { tenancy } from '#db/tenancy'

export default async function TenantsPage({ searchParams }: PageProps<'/console/tenants'>) {
  const { formats } = await consolePage()
  const given = await searchParams
  const address = parseListParams('/console/tenants' as Route, given)
  const { q, cursor, link, pick } = address
  const sorts = tenantSorts.flatMap((sort) => [sort, `-${sort}`])
  const sort = pick('sort', sorts) ?? 'name'
  const filter: TenantFilter = {
    search: q,
    tier: pick('tier', tierNames),
    kind: pick('kind', placementKinds),
    state: pick('state', tenantStates),
  }
  const view: TenantView = {
    sort: tenantSorts.find((known) => known === sort.replace('-', '')) ?? 'name',
    descending: sort.startsWith('-'),
    size: 50,
    cursor,
  }
  const [page, found, fleet] = await Promise.all([
    listTenants(filter, view),
    countTenants(filter),
    readStatus(tenancy()),
  ])
  const [used, ailing] = await Promise.all([
    usageOf(
      page.rows.map(({ id }) => id),
      hoursAgo(24),
    ),
    violationsIn(
      tenancy(),
      page.rows.map(({ id }) => id),
    ),
  ])
  return (
    <PageFrame>
      <title>Tenants · Rowhouse console</title>
      <PageHeader
        title="Tenants"
        beside={<span className="text-ink-faint tabular-nums">{formatCount(found, formats)}</span>}
      />
      <Card>
        <TenantFilters address={address} filter={filter} />
        {page.rows.length === 0 ? (
          <EmptyState title="No tenant is like that">
            Take a filter off, or look for a part of its name or slug.
          </EmptyState>
        ) : (
          <TenantsTable
            rows={page.rows}
            view={view}
            link={link}
            formats={formats}
            statuses={fleet.targets}
            used={used}
            ailing={ailing}
          />
        )}
        <Pager page={page} link={link} />
      </Card>
    </PageFrame>
  )
}
