import { Download } from 'lucide-react'
import type { Action } from '#app/_actions/action'
import type { OrderListParams } from '#app/_orders/search-params'
import type { Formats } from '#components/formats'
import { BulkActions } from '#components/orders/bulk-actions'
import { ColumnChoice } from '#components/orders/column-choice'
import { FilterPanel } from '#components/orders/filter-panel'
import { FilterChips } from '#components/orders/filter-chips'
import { NoOrders } from '#components/orders/no-orders'
import { OrdersTable } from '#components/orders/orders-table'
import { StatusTabs } from '#components/orders/status-tabs'
import { button } from '#components/ui/button'
import { Card } from '#components/ui/card'
import type { HrefBuilder } from '#components/ui/href-builder'
import { Pager } from '#components/ui/pager'
import { SearchBox } from '#components/ui/search-box'
import type { Page } from '@rowhouse/tenancy'
import type { OrderRow } from '#db/product/order-list'

type Props = {
  address: OrderListParams
  page: Page<OrderRow>
  customer: string | null
  formats: Formats
  link: HrefBuilder
  exportHref: string | null
  bulk: Action<{ changed: number; left: number }> | null
}

export function OrdersCard({ address, page, customer, formats, link, exportHref, bulk }: Props) {
  const table = (
    <OrdersTable
      rows={page.rows}
      columns={address.columns}
      view={address.view}
      formats={formats}
      link={link}
      selectable={bulk !== null}
    />
  )
  return (
    <Card labelledBy="list">
      <h2 id="list" className="sr-only">
        Orders
      </h2>
      <StatusTabs tab={address.tab} link={link} />
      <div className="flex flex-wrap items-center gap-2 px-4 py-3 sm:px-5">
        <SearchBox
          action="/orders"
          keep={address.keepParams('q')}
          value={address.q}
          label="Search orders"
          placeholder="Number, customer or note"
        />
        <div className="flex grow flex-wrap items-center justify-end gap-2">
          <FilterPanel address={address} />
          <ColumnChoice address={address} />
          {exportHref && (
            <a href={exportHref} download className={button({ size: 'icon' })}>
              <Download aria-hidden />
              <span className="sr-only">Export as CSV</span>
            </a>
          )}
        </div>
      </div>
      <FilterChips address={address} customer={customer} formats={formats} link={link} />
      {page.rows.length === 0 ? (
        <NoOrders address={address} link={link} mayCreate={bulk !== null} />
      ) : bulk ? (
        <BulkActions key={`${page.rows[0]?.id} ${page.rows.at(-1)?.id}`} action={bulk}>
          {table}
        </BulkActions>
      ) : (
        table
      )}
      <Pager page={page} size={address.view.size} link={link} />
    </Card>
  )
}
