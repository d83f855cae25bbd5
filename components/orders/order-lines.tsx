import { formatCount, formatMoney, type Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Order } from '#db/product/orders'

export function OrderLines({
  order,
  formats,
}: {
  order: Pick<Order, 'lines' | 'totalMinor'>
  formats: Formats
}) {
  return (
    <Card labelledBy="lines" className="overflow-hidden">
      <CardHeader id="lines" title="Lines" />
      <Table>
        <caption className="sr-only">Lines of the order</caption>
        <thead>
          <tr>
            <Th>Product</Th>
            <Th className="text-right">Quantity</Th>
            <Th className="text-right max-sm:hidden">Unit price</Th>
            <Th className="text-right">Total</Th>
          </tr>
        </thead>
        <tbody>
          {order.lines.map((line) => (
            <Tr key={line.id}>
              <Td>
                <span className="block font-medium wrap-anywhere">{line.description}</span>
                <span className="text-sm wrap-anywhere text-ink-faint">{line.sku}</span>
              </Td>
              <Td className="text-right tabular-nums">{formatCount(line.quantity, formats)}</Td>
              <Td className="text-right text-ink-soft tabular-nums max-sm:hidden">
                {formatMoney(line.unitPriceMinor, formats)}
              </Td>
              <Td className="text-right tabular-nums">
                {formatMoney(line.quantity * line.unitPriceMinor, formats)}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      <p className="flex items-baseline justify-between border-t border-line bg-sunken px-4 py-3.5 sm:px-5">
        <span className="font-medium">Total</span>
        <span className="text-lg font-semibold tabular-nums">
          {formatMoney(order.totalMinor, formats)}
        </span>
      </p>
    </Card>
  )
}
