'use client'

import type { Action } from '#app/_actions/action'
import { SubmitButton } from '#components/forms/fields'
import { emptyLine } from '#components/orders/order-draft'
import { OrderForm } from '#components/orders/order-form'
import type { Option } from '#components/ui/combobox'

export function NewOrder({
  customer,
  action,
  createCustomer,
}: {
  customer: Option | null
  action: Action<unknown>
  createCustomer: Action<{ id: string; name: string }> | null
}) {
  return (
    <OrderForm
      action={action}
      createCustomer={createCustomer}
      start={{ customer, note: '', lines: [emptyLine()] }}
      buttons={
        <>
          <SubmitButton look="secondary" name="status" value="draft">
            Save as draft
          </SubmitButton>
          <SubmitButton name="status" value="placed">
            Place order
          </SubmitButton>
        </>
      }
    />
  )
}
