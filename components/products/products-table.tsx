import Link from 'next/link'
import { productPath } from '#components/paths'
import { formatMoney, type Formats } from '#components/formats'
import { ScrollBox } from '#components/ui/scroll-box'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Product } from '#db/product/products'

export function ProductsTable({ rows, formats }: { rows: Product[]; formats: Formats }) {
  return (
    <ScrollBox>
      <Table>
        <caption className="sr-only">Products</caption>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th className="max-sm:hidden">Number</Th>
            <Th className="text-right">Price</Th>
          </tr>
        </thead>
        <tbody>
          {rows.map((product) => (
            <Tr key={product.id} className="relative">
              <Td className="font-medium">
                <Link
                  href={productPath(product.id)}
                  prefetch={false}
                  className="wrap-anywhere after:absolute after:inset-0"
                >
                  {product.name}
                </Link>
                <span className="block text-sm font-normal wrap-anywhere text-ink-soft sm:hidden">
                  {product.sku}
                </span>
              </Td>
              <Td className="text-ink-soft max-sm:hidden">{product.sku}</Td>
              <Td className="text-right whitespace-nowrap tabular-nums">
                {formatMoney(product.priceMinor, formats)}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </ScrollBox>
  )
}
