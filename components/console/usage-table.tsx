import { clsx } from 'clsx'
import { ArrowDown, TrendingUp } from 'lucide-react'
import NextLink from 'next/link'
import { tenantPath, tierPath } from '#components/console/paths'
import { formatDuration } from '#components/console/format-time'
import { tierLabels } from '#components/console/labels'
import { formatCount, type Formats } from '#components/formats'
import type { HrefBuilder } from '#components/ui/href-builder'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Usage } from '@rowhouse/tenancy'
import type { TenantUsage } from '#db/operators/usage-report'

const columns: { by: keyof Usage; name: string; time?: boolean; className?: string }[] = [
  { by: 'databaseMs', name: 'Database time', time: true, className: 'max-sm:pr-4' },
  { by: 'transactions', name: 'Transactions', className: 'max-sm:hidden sm:max-md:pr-5' },
  { by: 'requests', name: 'Requests', className: 'max-lg:hidden' },
  { by: 'errors', name: 'Errors', className: 'max-md:hidden' },
  { by: 'limitsHit', name: 'Limits hit', className: 'max-md:hidden md:max-lg:pr-5' },
  { by: 'waitMs', name: 'Waited', time: true, className: 'max-lg:hidden lg:max-xl:pr-5' },
]

export function UsageTable({
  rows,
  by,
  link,
  formats,
}: {
  rows: TenantUsage[]
  by: keyof Usage
  link: HrefBuilder
  formats: Formats
}) {
  return (
    <Table>
      <caption className="sr-only">Tenants by use</caption>
      <thead>
        <tr>
          <Th>Tenant</Th>
          {columns.map((column) => (
            <Th
              key={column.by}
              className={clsx('text-right', column.className)}
              {...(by === column.by && { 'aria-sort': 'descending' as const })}
            >
              <NextLink
                href={link({ by: column.by })}
                scroll={false}
                className="inline-flex items-center gap-1 rounded-sm hover:text-ink"
              >
                {column.name}
                {by === column.by && <ArrowDown aria-hidden className="size-3" />}
              </NextLink>
            </Th>
          ))}
          <Th className="max-xl:hidden">Suggests</Th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <UsageRow key={row.id} row={row} formats={formats} />
        ))}
      </tbody>
    </Table>
  )
}

function UsageRow({ row, formats }: { row: TenantUsage; formats: Formats }) {
  return (
    <Tr>
      <Td>
        <NextLink href={tenantPath(row.slug)} className="font-medium wrap-anywhere hover:underline">
          {row.name}
        </NextLink>
        <span className="block text-sm text-ink-faint">
          {tierLabels[row.tier]} · {Math.round(row.share * 100)}%
          <span className="max-sm:sr-only"> of the database</span>
        </span>
        <Hint row={row} className="xl:hidden" />
      </Td>
      {columns.map(({ by, time, className }) => (
        <Td
          key={by}
          className={clsx(
            'text-right whitespace-nowrap tabular-nums',
            row[by] === 0 && 'text-ink-faint',
            className,
          )}
        >
          {time ? formatDuration(row[by]) : formatCount(row[by], formats)}
        </Td>
      ))}
      <Td className="max-xl:hidden">
        {row.hint ? <Hint row={row} /> : <span className="text-ink-faint">–</span>}
      </Td>
    </Tr>
  )
}

function Hint({ row, className }: { row: TenantUsage; className?: string }) {
  if (!row.hint) return null
  return (
    <NextLink
      href={tierPath(row.slug)}
      className={clsx('flex items-start gap-1.5 text-sm text-accent hover:underline', className)}
    >
      <TrendingUp aria-hidden className="mt-0.5 size-4 shrink-0" /> An upgrade: {row.hint}
    </NextLink>
  )
}
