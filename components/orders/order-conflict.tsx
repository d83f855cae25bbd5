import { formatMoney, formatDateTime, type Formats } from '#components/formats'
import { StatusText } from '#components/orders/order-status'
import { Button } from '#components/ui/button'
import type { Order } from '#db/product/orders'

/** After a conflicting edit: the other version, shown above the form with the user's own. */
export function OrderConflict({
  theirs,
  formats,
  onTake,
}: {
  theirs: Order
  formats: Formats
  onTake: () => void
}) {
  return (
    <section
      role="alert"
      tabIndex={-1}
      className="grid gap-3 rounded-lg border border-warn bg-warn-soft p-4 sm:p-5"
    >
      <h2 className="text-lg font-semibold tracking-tight">
        Somebody else has changed this order meanwhile
      </h2>
      <p>
        Nothing of yours is lost: it is still in the form below, but not saved. This is what the
        order says now, changed on {formatDateTime(theirs.updatedAt, formats)}:
      </p>
      <dl className="grid gap-x-4 gap-y-1.5 rounded-md border border-line bg-raised p-4 sm:grid-cols-[7rem_minmax(0,1fr)] [&>dd]:wrap-anywhere [&>dt]:text-ink-soft">
        <dt>Status</dt>
        <dd>
          <StatusText status={theirs.status} />
        </dd>
        <dt>Customer</dt>
        <dd>{theirs.customer.name}</dd>
        <dt>Lines</dt>
        <dd>
          <ul>
            {theirs.lines.map((line) => (
              <li key={line.id} className="tabular-nums">
                {line.quantity} × {line.description}, {formatMoney(line.unitPriceMinor, formats)}
              </li>
            ))}
          </ul>
        </dd>
        <dt>Total</dt>
        <dd className="font-medium tabular-nums">{formatMoney(theirs.totalMinor, formats)}</dd>
        <dt>Note</dt>
        <dd className="whitespace-pre-wrap">{theirs.note || '–'}</dd>
      </dl>
      <Button className="justify-self-start" onClick={onTake}>
        Drop mine and start from theirs
      </Button>
    </section>
  )
}
