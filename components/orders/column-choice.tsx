import { Columns3 } from 'lucide-react'
import Form from 'next/form'
import type { OrderListParams } from '#app/_orders/search-params'
import { columnNames } from '#components/orders/orders-table'
import { Button, button } from '#components/ui/button'
import { Checkbox } from '#components/ui/checkbox'
import { HiddenInputs } from '#components/ui/hidden-inputs'
import { Popover } from '#components/ui/popover'

export function ColumnChoice({ address }: { address: OrderListParams }) {
  return (
    <Popover
      side="end"
      buttonClassName={button({ size: 'icon' })}
      label={
        <>
          <Columns3 aria-hidden />
          <span className="sr-only">Columns</span>
        </>
      }
    >
      <Form action="/orders" scroll={false} className="grid gap-3 p-4">
        <HiddenInputs pairs={address.keepParams('columns')} />
        <fieldset>
          <legend className="mb-2 text-sm font-medium">Columns</legend>
          <div className="grid gap-1">
            {Object.entries(columnNames).map(([column, name]) => (
              <Checkbox
                key={column}
                name="columns"
                value={column}
                defaultChecked={address.columns.some((shown) => shown === column)}
              >
                {name}
              </Checkbox>
            ))}
          </div>
        </fieldset>
        <Button type="submit">Show these</Button>
      </Form>
    </Popover>
  )
}
