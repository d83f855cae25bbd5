import type { Route } from 'next'
import type { ReactNode } from 'react'
import type { ListParams } from '#app/_http/list-search-params'
import { Card } from '#components/ui/card'
import { Pager } from '#components/ui/pager'
import { SearchBox } from '#components/ui/search-box'
import { Tabs } from '#components/ui/tabs'
import type { Page } from '@rowhouse/tenancy'

type Props = {
  path: Route
  address: ListParams
  archived: boolean
  page: Page<unknown>
  search: { label: string; placeholder: string }
  active: string
  empty: ReactNode
  children: ReactNode
}

/** A searchable list with two tabs: active and archived. */
export function ListCard({
  path,
  address,
  archived,
  page,
  search,
  active,
  empty,
  children,
}: Props) {
  const { q, link, keepParams } = address
  return (
    <Card>
      <Tabs
        label="Which ones"
        tabs={[
          { name: active, href: link({ archived: null }), current: !archived },
          { name: 'Archived', href: link({ archived: 'yes' }), current: archived },
        ]}
      />
      <div className="px-4 py-3 sm:px-5">
        <SearchBox action={path} keep={keepParams('q')} value={q} {...search} />
      </div>
      {page.rows.length === 0 ? empty : children}
      <Pager page={page} link={link} />
    </Card>
  )
}
