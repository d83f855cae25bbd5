import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Policy } from '#db/isolation-facts'

export function PolicyTable({ policies }: { policies: Policy[] }) {
  const tables = [...new Set(policies.map(({ table }) => table))]
  return (
    <Card labelledBy="policies" className="overflow-hidden">
      <CardHeader id="policies" title="Policies in force">
        <p className="text-sm text-ink-soft">
          {policies.length} policies on {tables.length} tables
        </p>
      </CardHeader>
        <Table>
          <thead>
            <tr>
              <Th>Table</Th>
              <Th className="max-sm:hidden">Policy</Th>
              <Th className="max-sm:hidden">Kind</Th>
              <Th className="whitespace-normal">Read and write only where</Th>
              <Th className="whitespace-normal">Owner too</Th>
            </tr>
          </thead>
          <tbody>
            {policies.map((policy) => (
              <Tr key={`${policy.table}.${policy.name}`}>
                <Td className="font-mono text-sm">{policy.table}</Td>
                <Td className="font-mono text-sm text-ink-soft max-sm:hidden">{policy.name}</Td>
                <Td className="text-ink-soft max-sm:hidden">{policy.permissive}</Td>
                <Td className="font-mono text-xs wrap-anywhere">{policy.using === policy.check ? policy.using : `${policy.using} / ${policy.check}`}</Td>
                <Td>{policy.forced ? 'yes, forced' : 'no'}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
    </Card>
  )
}
