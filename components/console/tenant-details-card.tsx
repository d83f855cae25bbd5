import { FactRow, FactRows } from '#components/console/facts'
import { Ago } from '#components/console/figures'
import { FleetStateText } from '#components/console/fleet-state'
import { KindText } from '#components/console/marks'
import { bytes, count, day, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { Standing } from '#db/fleet/status'
import type { TenantFacts } from '#db/console/tenant-facts'

export function TenantFactsCard({
  facts,
  standing,
  formats,
}: {
  facts: TenantFacts
  standing: Standing | null
  formats: Formats
}) {
  const { tenant, placement, server, size } = facts
  return (
    <Card labelledBy="facts">
      <CardHeader id="facts" title="Facts" />
      <CardBody>
        <FactRows>
          <FactRow name="Placement">
            <KindText kind={placement.kind} server={server} />
          </FactRow>
          <FactRow name="Schema">
            <Code>{placement.schema}</Code>
          </FactRow>
          {placement.database && (
            <FactRow name="Database">
              <Code>{placement.database}</Code>
            </FactRow>
          )}
          <FactRow name="Login">
            <Code>{placement.login ?? 'rowhouse_tenant'}</Code>
          </FactRow>
          <FactRow name="Epoch">{placement.epoch}</FactRow>
          <FactRow name="Version">
            {standing ? (
              <>
                <Code>{standing.at ?? 'nothing'}</Code>
                {standing.state !== 'current' && (
                  <span className="block">
                    <FleetStateText state={standing.state} />
                  </span>
                )}
              </>
            ) : (
              '–'
            )}
          </FactRow>
          <FactRow name="Orders">{size ? count(size.orders, formats) : 'not measured yet'}</FactRow>
          <FactRow name="On disk">{size ? bytes(size.bytes, formats) : 'not measured yet'}</FactRow>
          {size && (
            <FactRow name="Measured">
              <Ago at={size.measuredAt} formats={formats} />
            </FactRow>
          )}
          <FactRow name="Tenant since">{day(tenant.createdAt, formats)}</FactRow>
          <FactRow name="Slug">
            <Code>{tenant.slug}</Code>
          </FactRow>
          <FactRow name="Id">
            <Code>{tenant.id}</Code>
          </FactRow>
        </FactRows>
      </CardBody>
    </Card>
  )
}

export const Code = ({ children }: { children: string }) => (
  <span className="font-mono text-xs break-all text-ink-soft">{children}</span>
)
