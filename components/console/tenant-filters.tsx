import { X } from 'lucide-react'
import type { Route } from 'next'
import NextLink from 'next/link'
import { ChoiceMenu } from '#components/console/choice-menu'
import { kindNames, tierNames } from '#components/console/marks'
import type { Link } from '#components/ui/link-maker'
import { SearchBox } from '#components/ui/search-box'
import { placementKinds, tiers } from '#db/tiers'
import { tenantStates, type TenantFilter } from '#db/console/tenant-list'

const stateNames = { active: 'Active', moving: 'Moving', suspended: 'Suspended' }

type Props = {
  address: { q: string; link: Link; kept: (...names: string[]) => [string, string][] }
  filter: TenantFilter
}

export function TenantFilters({ address: { q, link, kept }, filter }: Props) {
  const any = q !== '' || filter.tier || filter.kind || filter.state
  const choices = (name: string, all: readonly string[], names: Record<string, string>) =>
    ['', ...all].map((value) => ({
      name: value ? (names[value] ?? value) : 'Any',
      href: link({ [name]: value || null }),
    }))
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 py-3 sm:px-5">
      <SearchBox
        action={'/console/tenants' as Route}
        keep={kept('q')}
        value={q}
        label="Search tenants"
        placeholder="Name or slug"
      />
      <ChoiceMenu
        label="Tier"
        value={filter.tier ? tierNames[filter.tier] : 'Any'}
        choices={choices('tier', tiers, tierNames)}
      />
      <ChoiceMenu
        label="Placement"
        value={filter.kind ? kindNames[filter.kind] : 'Any'}
        choices={choices('kind', placementKinds, kindNames)}
      />
      <ChoiceMenu
        label="State"
        value={filter.state ? stateNames[filter.state] : 'Any'}
        choices={choices('state', tenantStates, stateNames)}
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
