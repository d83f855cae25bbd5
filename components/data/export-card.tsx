import { Download } from 'lucide-react'
import type { Action } from '#app/_actions/action'
import { RefreshWhileRunning } from '#components/data/refresh-while-running'
import { TenantButton } from '#components/forms/tenant-button'
import {
  formatBytes,
  formatCount,
  formatDate,
  formatDateTime,
  type Formats,
} from '#components/formats'
import { button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { TenantExport } from '@rowhouse/tenancy/data'

type Props = {
  exports: TenantExport[]
  links: Record<string, string>
  formats: Formats
  action: Action<unknown> | null
}

/** Announced to screen readers: the state of the newest export, not its row count. */
const announcements: Partial<Record<TenantExport['state'], string>> = {
  running: 'The export is under way.',
  done: 'The export is ready.',
  failed: 'The export has failed.',
}

const isOpen = ({ state }: TenantExport) => state === 'requested' || state === 'running'

export function ExportCard({ exports, links, formats, action }: Props) {
  const open = exports.some(isOpen)
  return (
    <Card labelledBy="export">
      <CardHeader id="export" title="Export everything">
        {action && (
          <TenantButton
            action={action}
            input={{}}
            done="The export is on its way."
            size="small"
            disabled={open}
          >
            {open ? 'Under way' : 'New export'}
          </TenantButton>
        )}
      </CardHeader>
      <CardBody className="text-ink-soft">
        Every row of every table as of one moment, as NDJSON and CSV, with a manifest of counts and{' '}
        <span className="whitespace-nowrap">SHA-256</span>. Each file is kept for a week.
        {!action && ' Owners and admins can make one.'}
      </CardBody>
      {open && <RefreshWhileRunning />}
      <p role="status" className="sr-only">
        {exports[0] && announcements[exports[0].state]}
      </p>
      <ul>
        {exports.map((one) => (
          <ExportRow key={one.id} export={one} link={links[one.id]} formats={formats} />
        ))}
      </ul>
    </Card>
  )
}

function ExportRow({
  export: one,
  link,
  formats,
}: {
  export: TenantExport
  link: string | undefined
  formats: Formats
}) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-3 sm:px-5">
      <div className="min-w-0 grow basis-52">
        <p className="font-medium">{formatDateTime(one.requestedAt, formats)}</p>
        <p className="text-sm text-ink-faint">
          {one.requestedBy}. <ExportState export={one} formats={formats} />
        </p>
        {one.state === 'running' && (
          <progress
            className="mt-1 h-1.5 w-full accent-accent"
            aria-label="Rows exported"
            value={one.rowsDone}
            max={Math.max(one.rowsTotal, 1)}
          />
        )}
      </div>
      {link && (
        <a href={link} download className={button({ size: 'small' })}>
          <Download aria-hidden />
          Download{' '}
          <span className="sr-only">the export of {formatDateTime(one.requestedAt, formats)}</span>
        </a>
      )}
    </li>
  )
}

function ExportState({ export: one, formats }: { export: TenantExport; formats: Formats }) {
  switch (one.state) {
    case 'requested':
      return 'Waits for its turn.'
    case 'running':
      return `${formatCount(one.rowsDone, formats)} of ${formatCount(one.rowsTotal, formats)} rows.`
    case 'done':
      return `${formatCount(one.rowsDone, formats)} rows, ${formatBytes(one.bytes ?? 0, formats)}, until ${one.expiresAt ? formatDate(one.expiresAt, formats) : ''}.`
    case 'failed':
      return `It failed: ${one.message}.`
    case 'expired':
      return 'Its week is over and the file is gone.'
  }
}
