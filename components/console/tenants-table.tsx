import { clsx } from 'clsx'
import { ArrowDown, ArrowUp } from 'lucide-react'
import NextLink from 'next/link'
import { tenantPath } from '#components/console/paths'
import { formatDuration } from '#components/console/format-time'
import { PlacementLabel, placementLabels, tierLabels } from '#components/console/labels'
import { TenantStateLabel } from '#components/console/tenant-state-label'
import { formatBytes, formatCount, formatDate, type Formats } from '#components/formats'
import { TenantMark } from '#components/shell/facade'
import type { HrefBuilder } from '#components/ui/href-builder'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { TargetStatus } from '@rowhouse/tenancy/migrations'
import type { TenantRow, TenantSort, TenantView } from '#db/operators/tenant-list'

type TenantUse = { requests: number; databaseMs: number }
type Props = {
  rows: TenantRow[]
  view: TenantView
  link: HrefBuilder
  formats: Formats
  statuses: TargetStatus[]
  usage: Map<string, TenantUse>
  /** The tenants in which the last check found violations. */
  withViolations: Set<string>
}

const headings: { name: string; sort?: TenantSort; className?: string }[] = [
  { name: 'Tenant', sort: 'name' },
  { name: 'Tier', className: 'max-md:hidden' },
  { name: 'Placement', className: 'max-md:hidden' },
  { name: 'State' },
  { name: 'Orders', sort: 'orders', className: 'text-right max-sm:hidden' },
  { name: 'On disk', sort: 'size', className: 'text-right max-sm:hidden' },
  { name: 'Requests', className: 'text-right max-xl:hidden' },
  { name: 'Database', className: 'text-right max-xl:hidden' },
  { name: 'Version', className: 'max-xl:hidden' },
  { name: 'Since', sort: 'created', className: 'max-2xl:hidden' },
]

export function TenantsTable({
  rows,
  view,
  link,
  formats,
  statuses,
  usage,
  withViolations,
}: Props) {
  const own = new Map(statuses.map((status) => [status.tenantId, status]))
  const shared = statuses.find(({ name }) => name === 'shared')
  return (
    <Table>
      <caption className="sr-only">
        Tenants; requests and database time are those of the last day
      </caption>
      <thead>
        <tr>
          {headings.map(({ name, sort, className }) => (
            <Th
              key={name}
              className={clsx(className)}
              {...(sort === view.sort && {
                'aria-sort': view.descending ? 'descending' : 'ascending',
              })}
            >
              {sort ? <SortLink sort={sort} view={view} link={link} name={name} /> : name}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <TableRow
            key={row.id}
            row={row}
            status={row.kind === 'shared' ? shared : own.get(row.id)}
            usage={usage.get(row.id)}
            hasViolations={withViolations.has(row.id)}
            formats={formats}
          />
        ))}
      </tbody>
    </Table>
  )
}

function TableRow({
  row,
  status,
  usage,
  hasViolations,
  formats,
}: {
  row: TenantRow
  status: TargetStatus | undefined
  usage: TenantUse | undefined
  hasViolations: boolean
  formats: Formats
}) {
  return (
    <Tr className="relative">
      <Td>
        <NameLink row={row} />
      </Td>
      <Td className="max-md:hidden">{tierLabels[row.tier]}</Td>
      <Td className="max-md:hidden">
        <PlacementLabel kind={row.kind} server={row.server} />
      </Td>
      <Td>
        <TenantStateLabel
          suspended={row.suspended}
          moveState={row.moveState}
          migrationState={status?.state ?? null}
          hasViolations={hasViolations}
        />
      </Td>
      <Td className="text-right tabular-nums max-sm:hidden">
        {row.orders === null ? <Unknown /> : formatCount(row.orders, formats)}
      </Td>
      <Td className="text-right whitespace-nowrap tabular-nums max-sm:hidden">
        {row.bytes === null ? <Unknown /> : formatBytes(row.bytes, formats)}
      </Td>
      <Td className="text-right tabular-nums max-xl:hidden">
        {formatCount(usage?.requests ?? 0, formats)}
      </Td>
      <Td className="text-right whitespace-nowrap tabular-nums max-xl:hidden">
        {formatDuration(usage?.databaseMs ?? 0)}
      </Td>
      <Td className="font-mono text-sm text-ink-soft max-xl:hidden">{status?.at ?? '–'}</Td>
      <Td className="whitespace-nowrap text-ink-soft max-2xl:hidden">
        {formatDate(row.createdAt, formats)}
      </Td>
    </Tr>
  )
}

/** Covers the whole row, so that a click anywhere opens the tenant. */
function NameLink({ row }: { row: TenantRow }) {
  return (
    <NextLink
      href={tenantPath(row.slug)}
      className="flex items-center gap-3 font-medium outline-offset-4 after:absolute after:inset-0"
    >
      <TenantMark tenantId={row.id} className="h-6 w-auto" />
      <span className="grid min-w-0">
        <span className="line-clamp-2 wrap-anywhere">{row.name}</span>
        <span className="line-clamp-2 text-sm font-normal wrap-anywhere text-ink-faint">
          {row.slug}
          <span className="md:hidden">
            {' '}
            · {tierLabels[row.tier]}, {placementLabels[row.kind].toLowerCase()}
          </span>
        </span>
      </span>
    </NextLink>
  )
}

const Unknown = () => (
  <span className="text-ink-faint" title="Not measured yet">
    –
  </span>
)

function SortLink({
  sort,
  view,
  link,
  name,
}: {
  sort: TenantSort
  view: TenantView
  link: HrefBuilder
  name: string
}) {
  const current = view.sort === sort
  const Arrow = view.descending ? ArrowDown : ArrowUp
  const reversed = view.descending ? sort : `-${sort}`
  const first = sort === 'orders' || sort === 'size' ? `-${sort}` : sort
  return (
    <NextLink
      href={link({
        sort: current ? reversed : first,
      })}
      scroll={false}
      className="inline-flex items-center gap-1 rounded-sm hover:text-ink"
    >
      {name}
      {current && <Arrow aria-hidden className="size-3" />}
    </NextLink>
  )
}
