'use client'

import { CopyPlus, Ellipsis, Pencil, XCircle } from 'lucide-react'
import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { orderEditPath } from '#components/paths'
import { ActionMenuItem } from '#components/forms/action-menu-item'
import { SubmitButton, TextareaField } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { statusNames, statusVerbs } from '#components/orders/order-status'
import { useScope } from '#components/tenant-scope'
import { button, Button, ButtonLink } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import { Menu, MenuItem } from '#components/ui/menu'
import type { OrderStatus } from '#db/schema/tenant'

type Props = {
  order: { id: string; number: number; version: number }
  next: readonly OrderStatus[]
  editable: boolean
  actions: Record<'changeStatus' | 'cancelOrder' | 'duplicateOrder', Action<unknown>>
}

export function OrderActions({ order, next, editable, actions }: Props) {
  const { tenantId } = useScope()
  const [cancelling, setCancelling] = useState(false)
  const hidden = { id: order.id, version: order.version }
  const onward = next.find((status) => status !== 'cancelled')
  return (
    <>
      {editable && (
        <ButtonLink href={orderEditPath(order.id)}>
          <Pencil aria-hidden /> Edit
        </ButtonLink>
      )}
      {onward && (
        <TenantForm
          action={actions.changeStatus}
          hidden={hidden}
          done={`Order #${order.number} is ${statusNames[onward].toLowerCase()}.`}
          label="Status"
          className="contents"
        >
          <SubmitButton name="to" value={onward}>
            {statusVerbs[onward]}
          </SubmitButton>
        </TenantForm>
      )}
      <Menu
        name="More"
        side="end"
        buttonClassName={button({ size: 'icon' })}
        label={<Ellipsis aria-hidden />}
      >
        <ActionMenuItem action={actions.duplicateOrder} input={{ _tenant: tenantId, id: order.id }}>
          <CopyPlus aria-hidden /> Duplicate as draft
        </ActionMenuItem>
        {next.includes('cancelled') && (
          <MenuItem onClick={() => setCancelling(true)}>
            <XCircle aria-hidden /> Cancel order…
          </MenuItem>
        )}
      </Menu>
      <Dialog
        open={cancelling}
        onClose={() => setCancelling(false)}
        title={`Cancel order #${order.number}`}
      >
        <DialogBody>
          <TenantForm
            action={actions.cancelOrder}
            hidden={hidden}
            done={`Order #${order.number} is cancelled.`}
            onDone={() => setCancelling(false)}
            label="Cancel order"
          >
            <p className="text-ink-soft">
              A cancelled order stays in the books, but cannot be taken up again.
            </p>
            <TextareaField name="reason" label="Reason" rows={3} />
            <DialogButtons>
              <Button onClick={() => setCancelling(false)}>Keep it</Button>
              <SubmitButton look="danger">Cancel order</SubmitButton>
            </DialogButtons>
          </TenantForm>
        </DialogBody>
      </Dialog>
    </>
  )
}
