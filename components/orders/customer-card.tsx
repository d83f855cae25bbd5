import Link from 'next/link'
import { customerPath } from '#components/paths'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { EmailText } from '#components/ui/email-text'
import type { Order } from '#db/product/orders'

export function CustomerCard({ customer }: { customer: Order['customer'] }) {
  return (
    <Card labelledBy="customer">
      <CardHeader id="customer" title="Customer" />
      <CardBody className="grid gap-1 wrap-anywhere text-ink-soft">
        <Link
          href={customerPath(customer.id)}
          className="w-fit font-medium text-ink underline decoration-line-strong underline-offset-4 hover:decoration-ink"
        >
          {customer.name}
        </Link>
        {customer.email && (
          <a href={`mailto:${customer.email}`} className="w-fit hover:text-ink">
            <EmailText>{customer.email}</EmailText>
          </a>
        )}
        {customer.phone && (
          <a href={`tel:${customer.phone.replaceAll(' ', '')}`} className="w-fit hover:text-ink">
            {customer.phone}
          </a>
        )}
        {customer.address && (
          <address className="whitespace-pre-wrap not-italic">{customer.address}</address>
        )}
      </CardBody>
    </Card>
  )
}
