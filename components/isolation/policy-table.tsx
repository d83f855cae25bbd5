import { Card, CardHeader } from '#components/ui/card'
import { Code } from '#components/ui/code'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Policy } from '@rowhouse/tenancy/checks'

const condition = ({ using, check }: Policy) => (using === check ? using : `${using} / ${check}`)

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
        <caption className="sr-only">Policies in force</caption>
        <thead>
          <tr>
            <Th>Table</Th>
            <Th className="max-sm:hidden">Policy</Th>
            <Th>Kind</Th>
            <Th className="max-sm:hidden">Read and write only where</Th>
            <Th>Owner too</Th>
          </tr>
        </thead>
        <tbody>
          {policies.map((policy) => (
            <Tr key={`${policy.table}.${policy.name}`}>
              <Td className="font-mono text-sm">{policy.table}</Td>
              <Td className="font-mono text-sm text-ink-soft max-sm:hidden">{policy.name}</Td>
              <Td className="text-ink-soft">{policy.permissive}</Td>
              <Td className="font-mono text-xs max-sm:hidden">{condition(policy)}</Td>
              <Td>{policy.forced ? 'yes, forced' : 'no'}</Td>
            </Tr>
          ))}
        </tbody>
      </Table>
      <div className="grid gap-2 border-t border-line p-4 sm:hidden">
        <p className="text-sm text-ink-soft">Each lets its table be read and written only where</p>
        {[...new Set(policies.map(condition))].map((one) => (
          <Code key={one}>{one}</Code>
        ))}
      </div>
    </Card>
  )
}
