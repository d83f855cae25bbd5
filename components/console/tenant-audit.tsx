import type { Route } from 'next'
import { AuditTable } from '#components/console/audit-table'
import type { Formats } from '#components/formats'
import { ButtonLink } from '#components/ui/button'
import { Card, CardHeader } from '#components/ui/card'
import type { AuditRow } from '@rowhouse/tenancy/admin'

export function TenantAudit({
  rows,
  tenant,
  formats,
}: {
  rows: AuditRow[]
  tenant: string
  formats: Formats
}) {
  return (
    <Card labelledBy="trail">
      <CardHeader id="trail" title="Audit">
        <ButtonLink
          href={`/console/audit?q=${tenant}` as Route}
          look="quiet"
          size="small"
          className="-mr-2.5"
        >
          All actions
        </ButtonLink>
      </CardHeader>
      {rows.length === 0 ? (
        <p className="border-t border-line px-4 py-6 text-ink-soft sm:px-5">
          No operator has done anything here yet.
        </p>
      ) : (
        <AuditTable rows={rows} formats={formats} />
      )}
    </Card>
  )
}
