import { SlidersHorizontal } from 'lucide-react'
import Form from 'next/form'
import type { OrderListParams } from '#app/_orders/search-params'
import { statusNames } from '#components/orders/order-status'
import { Button, button } from '#components/ui/button'
import { Checkbox } from '#components/ui/checkbox'
import { Field } from '#components/ui/field'
import { HiddenInputs } from '#components/ui/hidden-inputs'
import { Input } from '#components/ui/input'
import { Popover } from '#components/ui/popover'
import { orderStatuses } from '#db/product/order-status'

export function FilterPanel({ address }: { address: OrderListParams }) {
  const { filter, params, period, allTime } = address
  const amountText = (name: 'min' | 'max') => (typeof params[name] === 'string' ? params[name] : '')
  return (
    <Popover
      side="end"
      buttonClassName={button({})}
      label={
        <>
          <SlidersHorizontal aria-hidden className="text-ink-faint" /> Filter
        </>
      }
    >
      <Form action="/orders" scroll={false} className="grid w-[22.5rem] max-w-full gap-4 p-4">
        <HiddenInputs pairs={address.keepParams('status', 'min', 'max', 'from', 'to', 'period')} />
        <fieldset>
          <legend className="mb-2 text-sm font-medium">Status</legend>
          <div className="grid grid-cols-2 gap-x-3 gap-y-1.5">
            {orderStatuses.map((status) => (
              <Checkbox
                key={status}
                name="status"
                value={status}
                defaultChecked={filter.statuses.includes(status)}
              >
                {statusNames[status]}
              </Checkbox>
            ))}
          </div>
        </fieldset>
        <div className="grid grid-cols-2 gap-3">
          <Field id="min" label="Total from">
            <Input id="min" name="min" inputMode="decimal" defaultValue={amountText('min')} />
          </Field>
          <Field id="max" label="Total up to">
            <Input id="max" name="max" inputMode="decimal" defaultValue={amountText('max')} />
          </Field>
          <Field id="filter-from" label="Placed from">
            <Input
              id="filter-from"
              name="from"
              type="date"
              defaultValue={allTime ? '' : period.first}
            />
          </Field>
          <Field id="filter-to" label="Placed until">
            <Input id="filter-to" name="to" type="date" defaultValue={allTime ? '' : period.last} />
          </Field>
        </div>
        <Button type="submit" look="primary">
          Show these orders
        </Button>
      </Form>
    </Popover>
  )
}
