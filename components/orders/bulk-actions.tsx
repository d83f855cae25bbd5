'use client'

import { useRef, useState, type ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { SubmitButton, TextareaField } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { useAction } from '#components/forms/use-action'
import { statusNames } from '#components/orders/order-status'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import { Select } from '#components/ui/input'
import { toast } from '#components/ui/toast'
import type { OrderStatus } from '#db/schema/tenant'

type BulkChangeResult = { changed: number; left: number }

const orderCount = (orders: number) => `${orders} ${orders === 1 ? 'order' : 'orders'}`
const targets: OrderStatus[] = ['placed', 'paid', 'shipped', 'delivered', 'cancelled']

/**
 * Wraps a table that the server rendered, and changes the status of all ticked rows at once.
 * Cancelling cannot be undone, so it asks for confirmation and a reason.
 */
export function BulkActions({
  action,
  children,
}: {
  action: Action<BulkChangeResult>
  children: ReactNode
}) {
  const { tenantId } = useScope()
  const { area, ids, tickAll, onChange } = useTickedRows()
  const [to, setTo] = useState<OrderStatus>('paid')
  const [cancelling, setCancelling] = useState(false)
  const { pending, run } = useAction(action, onDone)

  function onDone({ changed, left }: BulkChangeResult) {
    toast(`${orderCount(changed)} changed${left > 0 ? `, ${left} left as they were` : ''}.`)
    setCancelling(false)
    tickAll(false)
  }

  return (
    <div ref={area} onChange={onChange}>
      {children}
      {ids.length > 0 && (
        <SelectionBar
          selected={ids.length}
          to={to}
          pending={pending}
          onSelectStatus={setTo}
          onClear={() => tickAll(false)}
          onApply={() =>
            to === 'cancelled' ? setCancelling(true) : run({ _tenant: tenantId, ids, to })
          }
        />
      )}
      <CancelDialog
        ids={ids}
        open={cancelling}
        onClose={() => setCancelling(false)}
        action={action}
        onDone={onDone}
      />
    </div>
  )
}

/** The ids of the ticked rows inside `area`, and its `Select all` checkbox. */
function useTickedRows() {
  const area = useRef<HTMLDivElement>(null)
  const [ids, setIds] = useState<string[]>([])
  const boxes = () => [
    ...(area.current?.querySelectorAll<HTMLInputElement>('input[name=order]') ?? []),
  ]

  function readTicks() {
    const ticked = boxes().filter((box) => box.checked)
    const all = area.current?.querySelector<HTMLInputElement>('[data-select-all]')
    if (all) all.checked = ticked.length === boxes().length
    setIds(ticked.map((box) => box.value))
  }

  function tickAll(checked: boolean) {
    for (const box of boxes()) box.checked = checked
    readTicks()
  }

  function onChange({ target }: { target: EventTarget }) {
    if (!(target instanceof HTMLInputElement)) return
    if (target.dataset.selectAll !== undefined) tickAll(target.checked)
    else if (target.name === 'order') readTicks()
  }

  return { area, ids, tickAll, onChange }
}

function SelectionBar({
  selected,
  to,
  pending,
  onSelectStatus,
  onClear,
  onApply,
}: {
  selected: number
  to: OrderStatus
  pending: boolean
  onSelectStatus: (status: OrderStatus) => void
  onClear: () => void
  onApply: () => void
}) {
  return (
    <div
      role="region"
      aria-label="Selected orders"
      className="enter sticky bottom-16 z-10 mx-3 my-3 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line-strong bg-raised p-2 pl-4 shadow-float lg:bottom-3"
    >
      <p aria-live="polite" className="text-sm font-medium tabular-nums">
        {selected} selected
      </p>
      <Button look="quiet" size="small" className="mr-auto" onClick={onClear}>
        Clear
      </Button>
      <label className="flex items-center gap-2 text-sm whitespace-nowrap text-ink-soft">
        Mark as
        <Select value={to} onChange={(event) => onSelectStatus(event.target.value as OrderStatus)}>
          {targets.map((status) => (
            <option key={status} value={status}>
              {statusNames[status]}
            </option>
          ))}
        </Select>
      </label>
      <Button look="primary" disabled={pending} onClick={onApply}>
        Apply
      </Button>
    </div>
  )
}

function CancelDialog({
  ids,
  open,
  onClose,
  action,
  onDone,
}: {
  ids: string[]
  open: boolean
  onClose: () => void
  action: Action<BulkChangeResult>
  onDone: (result: BulkChangeResult) => void
}) {
  return (
    <Dialog open={open} onClose={onClose} title={`Cancel ${orderCount(ids.length)}`}>
      <DialogBody>
        <TenantForm
          action={action}
          hidden={{ to: 'cancelled', ...Object.fromEntries(ids.map((id, i) => [`ids.${i}`, id])) }}
          onDone={onDone}
          label="Cancel orders"
        >
          <p className="text-ink-soft">
            Cancelled orders stay in the books, but cannot be taken up again.
          </p>
          <TextareaField name="reason" label="Reason" rows={3} />
          <DialogButtons>
            <Button onClick={onClose}>Keep them</Button>
            <SubmitButton look="danger">Cancel {orderCount(ids.length)}</SubmitButton>
          </DialogButtons>
        </TenantForm>
      </DialogBody>
    </Dialog>
  )
}
