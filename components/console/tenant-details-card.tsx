import { DetailRow, DetailRows } from '#components/console/detail-rows'
import { RelativeTime } from '#components/console/format-time'
import { FleetStateLabel } from '#components/console/fleet-state-label'
import { PlacementLabel } from '#components/console/labels'
import { formatBytes, formatCount, formatDate, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { TargetStatus } from '@rowhouse/tenancy/migrations'
import type { TenantFacts } from '#db/operators/tenant-facts'

export function TenantDetailsCard({
  facts,
  status,
  formats,
}: {
  facts: TenantFacts
  status: TargetStatus | null
  formats: Formats
}) {
  const { tenant, placement, server, size } = facts
  return (
    <Card labelledBy="facts">
      <CardHeader id="facts" title="Facts" />
      <CardBody>
        <DetailRows>
          <DetailRow name="Placement">
            <PlacementLabel kind={placement.kind} server={server} />
          </DetailRow>
          <DetailRow name="Schema">
            <Monospace>{placement.schema}</Monospace>
          </DetailRow>
          {placement.database && (
            <DetailRow name="Database">
              <Monospace>{placement.database}</Monospace>
            </DetailRow>
          )}
          <DetailRow name="Login">
            <Monospace>{placement.login ?? 'rowhouse_tenant'}</Monospace>
          </DetailRow>
          <DetailRow name="Epoch">{placement.epoch}</DetailRow>
          <VersionRow status={status} />
          <SizeRows size={size} formats={formats} />
          <DetailRow name="Tenant since">{formatDate(tenant.createdAt, formats)}</DetailRow>
          <DetailRow name="Slug">
            <Monospace>{tenant.slug}</Monospace>
          </DetailRow>
          <DetailRow name="Id">
            <Monospace>{tenant.id}</Monospace>
          </DetailRow>
        </DetailRows>
      </CardBody>
    </Card>
  )
}

function VersionRow({ status }: { status: TargetStatus | null }) {
  return (
    <DetailRow name="Version">
      {status ? (
        <>
          <Monospace>{status.at ?? 'nothing'}</Monospace>
          {status.state !== 'current' && (
            <span className="block">
              <FleetStateLabel state={status.state} />
            </span>
          )}
        </>
      ) : (
        '–'
      )}
    </DetailRow>
  )
}

function SizeRows({ size, formats }: { size: TenantFacts['size']; formats: Formats }) {
  return (
    <>
      <DetailRow name="Orders">
        {size ? formatCount(size.orders, formats) : 'not measured yet'}
      </DetailRow>
      <DetailRow name="On disk">
        {size ? formatBytes(size.bytes, formats) : 'not measured yet'}
      </DetailRow>
      {size && (
        <DetailRow name="Measured">
          <RelativeTime at={size.measuredAt} formats={formats} />
        </DetailRow>
      )}
    </>
  )
}

const Monospace = ({ children }: { children: string }) => (
  <span className="font-mono text-xs break-all text-ink-soft">{children}</span>
)
