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
  const nextStatus = next.find((status) => status !== 'cancelled')
  return (
    <>
      {editable && (
        <ButtonLink href={orderEditPath(order.id)}>
          <Pencil aria-hidden /> Edit
        </ButtonLink>
      )}
      {nextStatus && (
        <TenantForm
          action={actions.changeStatus}
          hidden={{ id: order.id, version: order.version }}
          done={`Order #${order.number} is ${statusNames[nextStatus].toLowerCase()}.`}
          label="Status"
          className="contents"
        >
          <SubmitButton name="to" value={nextStatus}>
            {statusVerbs[nextStatus]}
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
      <CancelOrderDialog
        order={order}
        open={cancelling}
        onClose={() => setCancelling(false)}
        action={actions.cancelOrder}
      />
    </>
  )
}

function CancelOrderDialog({
  order: { id, number, version },
  open,
  onClose,
  action,
}: {
  order: Props['order']
  open: boolean
  onClose: () => void
  action: Action<unknown>
}) {
  return (
    <Dialog open={open} onClose={onClose} title={`Cancel order #${number}`}>
      <DialogBody>
        <TenantForm
          action={action}
          hidden={{ id, version }}
          done={`Order #${number} is cancelled.`}
          onDone={onClose}
          label="Cancel order"
        >
          <p className="text-ink-soft">
            A cancelled order stays in the books, but cannot be taken up again.
          </p>
          <TextareaField name="reason" label="Reason" rows={3} />
          <DialogButtons>
            <Button onClick={onClose}>Keep it</Button>
            <SubmitButton look="danger">Cancel order</SubmitButton>
          </DialogButtons>
        </TenantForm>
      </DialogBody>
    </Dialog>
  )
}
