'use client'

import { useRouter } from 'next/navigation'
import { useState, type ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { orderPath } from '#components/paths'
import { SubmitButton } from '#components/forms/fields'
import { OrderConflict } from '#components/orders/order-conflict'
import { draftOf } from '#components/orders/order-draft'
import { OrderForm } from '#components/orders/order-form'
import { useScope } from '#components/tenant-scope'
import { ButtonLink } from '#components/ui/button'
import { toast } from '#components/ui/toast'
import type { Order } from '#db/product/orders'

export type OrderSaveResult =
  { saved: true; id: string; number: number } | { saved: false; theirs: Order }
/** `children` replace the form when the order was not editable to begin with. */
type Props = {
  order: Order
  editable: boolean
  children: ReactNode
  action: Action<OrderSaveResult>
  createCustomer: Action<{ id: string; name: string }> | null
}

export function EditOrder({ order, editable, children, action, createCustomer }: Props) {
  const { formats } = useScope()
  const router = useRouter()
  // decided once: a status change by someone else must not discard what was typed
  const [opened] = useState(editable)
  const [theirs, setTheirs] = useState<Order | null>(null)
  // a new key resets the form to its order; a new version only changes what is overwritten
  const [start, setStart] = useState({ order, key: 0 })
  const [version, setVersion] = useState(order.version)

  function onDone(result: OrderSaveResult) {
    if (!result.saved) {
      setTheirs(result.theirs)
      setVersion(result.theirs.version)
      return
    }
    toast(`Order #${result.number} is saved.`)
    router.push(orderPath(result.id))
  }

  if (!opened) return children
  return (
    <OrderForm
      key={start.key}
      action={action}
      createCustomer={createCustomer}
      start={draftOf(start.order, formats.currency)}
      hidden={{ id: order.id, version }}
      onDone={onDone}
      buttons={
        <>
          <ButtonLink href={orderPath(order.id)}>Leave it as it was</ButtonLink>
          <SubmitButton>{theirs ? 'Save mine over theirs' : 'Save order'}</SubmitButton>
        </>
      }
    >
      {theirs && (
        <OrderConflict
          theirs={theirs}
          formats={formats}
          onTake={() => {
            setStart({ order: theirs, key: start.key + 1 })
            setTheirs(null)
          }}
        />
      )}
    </OrderForm>
  )
}
