import { X } from 'lucide-react'
import type { Route } from 'next'
import NextLink from 'next/link'
import { FilterMenu } from '#components/console/filter-menu'
import { placementLabels, tierLabels } from '#components/console/labels'
import type { HrefBuilder } from '#components/ui/href-builder'
import { SearchBox } from '#components/ui/search-box'
import { placementKinds } from '@rowhouse/tenancy'
import { tierNames } from '#db/tiers'
import { tenantStates, type TenantFilter } from '#db/operators/tenant-list'

const stateNames = { active: 'Active', moving: 'Moving', suspended: 'Suspended' }

type Props = {
  address: { q: string; link: HrefBuilder; keepParams: (...names: string[]) => [string, string][] }
  filter: TenantFilter
}

export function TenantFilters({ address: { q, link, keepParams }, filter }: Props) {
  const any = q !== '' || filter.tier || filter.kind || filter.state
  const choices = <T extends string>(
    name: string,
    current: T | null,
    values: readonly T[],
    labels: Record<T, string>,
  ) =>
    [null, ...values].map((value) => ({
      name: value === null ? 'Any' : labels[value],
      href: link({ [name]: value }),
      current: value === current,
    }))
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 py-3 sm:px-5">
      <SearchBox
        action={'/console/tenants' as Route}
        keep={keepParams('q')}
        value={q}
        label="Search tenants"
        placeholder="Name or slug"
      />
      <FilterMenu label="Tier" choices={choices('tier', filter.tier, tierNames, tierLabels)} />
      <FilterMenu
        label="Placement"
        choices={choices('kind', filter.kind, placementKinds, placementLabels)}
      />
      <FilterMenu
        label="State"
        choices={choices('state', filter.state, tenantStates, stateNames)}
      />
      {any && (
        <NextLink
          href={'/console/tenants' as Route}
          className="inline-flex h-8 items-center gap-1 rounded-md px-2 text-sm text-ink-soft hover:text-ink"
        >
          <X aria-hidden className="size-3.5" /> Clear
        </NextLink>
      )}
    </div>
  )
}
