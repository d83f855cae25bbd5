import type { Route } from 'next'
import { parseListParams, type ListParams } from '#app/_http/list-search-params'
import { consolePage } from '#app/_session/operator'
import { TenantFilters } from '#components/console/tenant-filters'
import { TenantsTable } from '#components/console/tenants-table'
import { formatCount } from '#components/formats'
import { PageFrame } from '#components/page'
import { Card } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import { Pager } from '#components/ui/pager'
import { tenantsWithViolations } from '@rowhouse/tenancy/checks'
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
  const address = parseListParams('/console/tenants' as Route, await searchParams)
  const { filter, view } = parseTenantList(address)
  const [page, total, fleet] = await Promise.all([
    listTenants(filter, view),
    countTenants(filter),
    readStatus(tenancy()),
  ])
  const ids = page.rows.map(({ id }) => id)
  const [usage, withViolations] = await Promise.all([
    usageOf(ids, hoursAgo(24)),
    tenantsWithViolations(tenancy(), ids),
  ])
  return (
    <PageFrame>
      <title>Tenants · Rowhouse console</title>
      <PageHeader
        title="Tenants"
        beside={<span className="text-ink-faint tabular-nums">{formatCount(total, formats)}</span>}
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
            link={address.link}
            formats={formats}
            statuses={fleet.targets}
            usage={usage}
            withViolations={withViolations}
          />
        )}
        <Pager page={page} link={address.link} />
      </Card>
    </PageFrame>
  )
}

function parseTenantList({ q, cursor, pick }: ListParams): {
  filter: TenantFilter
  view: TenantView
} {
  const sort = pick(
    'sort',
    tenantSorts.flatMap((name) => [name, `-${name}`]),
  )
  return {
    filter: {
      search: q,
      tier: pick('tier', tierNames),
      kind: pick('kind', placementKinds),
      state: pick('state', tenantStates),
    },
    view: {
      sort: tenantSorts.find((name) => name === sort?.replace('-', '')) ?? 'name',
      descending: sort?.startsWith('-') ?? false,
      size: 50,
      cursor,
    },
  }
}
