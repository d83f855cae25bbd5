import { count, money, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { EmailText } from '#components/ui/email-text'
import { Fact, Facts } from '#components/ui/facts'
import type { Customer } from '#db/product/customers'

export function CustomerFacts({
  customer,
  sold,
  formats,
}: {
  customer: Customer
  sold: { orders: number; totalMinor: number }
  formats: Formats
}) {
  return (
    <Card labelledBy="facts">
      <CardHeader id="facts" title="About" />
      <CardBody>
        <Facts>
          <Fact name="Ordered so far">
            {money(sold.totalMinor, formats)} in {count(sold.orders, formats)}{' '}
            {sold.orders === 1 ? 'order' : 'orders'}
          </Fact>
          <Fact name="E-mail address">
            {customer.email && (
              <a href={`mailto:${customer.email}`} className="hover:underline">
                <EmailText>{customer.email}</EmailText>
              </a>
            )}
          </Fact>
          <Fact name="Phone">
            {customer.phone && (
              <a href={`tel:${customer.phone.replaceAll(' ', '')}`} className="hover:underline">
                {customer.phone}
              </a>
            )}
          </Fact>
          <Fact name="Address">{customer.address}</Fact>
          <Fact name="Note">{customer.note}</Fact>
        </Facts>
      </CardBody>
    </Card>
  )
}
