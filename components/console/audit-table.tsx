import { clsx } from 'clsx'
import NextLink from 'next/link'
import { movePath, tenantPath } from '#components/console/paths'
import { formatDateTime, type Formats } from '#components/formats'
import { EmailText } from '#components/ui/email-text'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { AuditRow } from '@rowhouse/tenancy/admin'

type Props = { rows: AuditRow[]; formats: Formats; withTenant?: boolean; marked?: number }

export function AuditTable({ rows, formats, withTenant = false, marked }: Props) {
  return (
    <Table>
      <caption className="sr-only">Actions of operators and commands</caption>
      <thead>
        <tr>
          <Th className="w-14 text-right max-sm:hidden">No.</Th>
          <Th className="max-sm:pl-4">Action</Th>
          {withTenant && <Th>Tenant</Th>}
          <Th className={clsx(withTenant ? 'w-1/4' : 'w-[30%]', 'max-md:hidden')}>By</Th>
          <Th className="max-sm:hidden">At</Th>
          {withTenant && <Th className="max-xl:hidden">Hash</Th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Tr key={row.seq} className={row.seq === marked ? 'bg-danger-soft' : ''}>
            <Td className="text-right text-ink-faint tabular-nums max-sm:hidden">{row.seq}</Td>
            <Td className="max-sm:pl-4">
              <AuditedAction row={row} />
              <span className="block text-sm wrap-anywhere text-ink-faint md:hidden">
                <EmailText>{row.actor}</EmailText>
              </span>
              <span className="block text-sm text-ink-faint sm:hidden">
                {formatDateTime(row.at, formats)}
              </span>
            </Td>
            {withTenant && (
              <Td>
                {row.slug ? (
                  <NextLink href={tenantPath(row.slug)} className="text-accent hover:underline">
                    {row.slug}
                  </NextLink>
                ) : (
                  <span className="text-ink-faint">–</span>
                )}
              </Td>
            )}
            <Td className="wrap-anywhere text-ink-soft max-md:hidden">
              <EmailText>{row.actor}</EmailText>
            </Td>
            <Td className="whitespace-nowrap text-ink-soft tabular-nums max-sm:hidden">
              {formatDateTime(row.at, formats)}
            </Td>
            {withTenant && (
              <Td className="font-mono text-xs text-ink-faint max-xl:hidden">
                {row.hash.slice(0, 12)}
              </Td>
            )}
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

function AuditedAction({ row: { action, detail } }: { row: AuditRow }) {
  const { reason, move } = detail
  return (
    <>
      {typeof move === 'string' ? (
        <NextLink
          href={movePath(move)}
          className="inline-block font-medium first-letter:uppercase hover:underline"
        >
          {action}
        </NextLink>
      ) : (
        <span className="inline-block font-medium first-letter:uppercase">{action}</span>
      )}
      {typeof reason === 'string' && (
        <span className="block text-sm wrap-anywhere text-ink-soft">{reason}</span>
      )}
    </>
  )
}
