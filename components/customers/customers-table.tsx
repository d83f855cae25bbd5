import Link from 'next/link'
import { customerPath } from '#components/paths'
import { formatDate, type Formats } from '#components/formats'
import { ScrollBox } from '#components/ui/scroll-box'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Customer } from '#db/product/customers'

export function CustomersTable({ rows, formats }: { rows: Customer[]; formats: Formats }) {
  return (
    <ScrollBox>
      <Table>
        <caption className="sr-only">Customers</caption>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th className="max-sm:hidden">E-mail address</Th>
            <Th className="max-md:hidden">Phone</Th>
            <Th className="text-right max-sm:hidden">Since</Th>
          </tr>
        </thead>
        <tbody>
          {rows.map((customer) => (
            <Tr key={customer.id} className="relative">
              <Td className="font-medium">
                <Link
                  href={customerPath(customer.id)}
                  prefetch={false}
                  className="wrap-anywhere after:absolute after:inset-0"
                >
                  {customer.name}
                </Link>
                <span className="block text-sm font-normal wrap-anywhere text-ink-soft sm:hidden">
                  {customer.email}
                </span>
              </Td>
              <Td className="max-w-64 truncate text-ink-soft max-sm:hidden">{customer.email}</Td>
              <Td className="whitespace-nowrap text-ink-soft tabular-nums max-md:hidden">
                {customer.phone}
              </Td>
              <Td className="text-right whitespace-nowrap text-ink-soft max-sm:hidden">
                {formatDate(customer.createdAt, formats)}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </ScrollBox>
  )
}
