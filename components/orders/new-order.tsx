'use client'

import type { Action } from '#app/action'
import { SubmitButton } from '#components/forms/fields'
import { OrderForm } from '#components/orders/order-form'

export function NewOrder({ action, createCustomer }: { action: Action<unknown>; createCustomer: Action<{ id: string; name: string }> | null }) {
  return (
    <OrderForm
      action={action}
      createCustomer={createCustomer}
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
