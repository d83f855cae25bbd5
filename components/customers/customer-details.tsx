import { formatCount, formatMoney, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { EmailText } from '#components/ui/email-text'
import { DescriptionItem, DescriptionList } from '#components/ui/description-list'
import type { Customer } from '#db/product/customers'

export function CustomerDetails({
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
        <DescriptionList>
          <DescriptionItem name="Ordered so far">
            {formatMoney(sold.totalMinor, formats)} in {formatCount(sold.orders, formats)}{' '}
            {sold.orders === 1 ? 'order' : 'orders'}
          </DescriptionItem>
          <DescriptionItem name="E-mail address">
            {customer.email && (
              <a href={`mailto:${customer.email}`} className="hover:underline">
                <EmailText>{customer.email}</EmailText>
              </a>
            )}
          </DescriptionItem>
          <DescriptionItem name="Phone">
            {customer.phone && (
              <a href={`tel:${customer.phone.replaceAll(' ', '')}`} className="hover:underline">
                {customer.phone}
              </a>
            )}
          </DescriptionItem>
          <DescriptionItem name="Address">{customer.address}</DescriptionItem>
          <DescriptionItem name="Note">{customer.note}</DescriptionItem>
        </DescriptionList>
      </CardBody>
    </Card>
  )
}
