import type { Route } from 'next'
import type { ReactNode } from 'react'
import type { SimpleAddress } from '#app/list-address'
import { Card } from '#components/ui/card'
import { Pager } from '#components/ui/pager'
import { SearchBox } from '#components/ui/search-box'
import { Tabs } from '#components/ui/tabs'
import type { Page } from '#db/product/keyset'

type Props = {
  path: Route
  address: SimpleAddress
  page: Page<unknown>
  search: { label: string; placeholder: string }
  active: string
  empty: ReactNode
  children: ReactNode
}

/** A list of what is in use and, on a second tab, of what is archived. */
export function ListCard({ path, address, page, search, active, empty, children }: Props) {
  const { q, archived, link, kept } = address
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
        <SearchBox action={path} keep={kept('q')} value={q} {...search} />
      </div>
      {page.rows.length === 0 ? empty : children}
      <Pager page={page} link={link} />
    </Card>
  )
}
