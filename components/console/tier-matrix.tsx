import { placementLabels, tierLabels } from '#components/console/labels'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import { placementKinds, type PlacementKind } from '@rowhouse/tenancy'
import { tierNames, type Tier } from '#db/tiers'

/** The number of tenants by tier and placement kind. */
export function TierMatrix({
  counts,
  formats,
}: {
  counts: { tier: Tier; kind: PlacementKind; tenants: number }[]
  formats: Formats
}) {
  const at = (tier: Tier, kind: PlacementKind) =>
    counts.find((one) => one.tier === tier && one.kind === kind)?.tenants ?? 0
  return (
    <Card labelledBy="matrix">
      <CardHeader id="matrix" title="Tenants by tier and placement" />
      <Table>
        <caption className="sr-only">Tenants by tier and placement</caption>
        <thead>
          <tr>
            <Th>Tier</Th>
            {placementKinds.map((kind) => (
              <Th key={kind} className="text-right max-sm:py-1.5 max-sm:whitespace-normal!">
                {placementLabels[kind]}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tierNames.map((tier) => (
            <Tr key={tier}>
              <Td className="font-medium">{tierLabels[tier]}</Td>
              {placementKinds.map((kind) => (
                <Td key={kind} className="text-right tabular-nums">
                  {at(tier, kind) === 0 ? (
                    <span className="text-ink-faint">–</span>
                  ) : (
                    formatCount(at(tier, kind), formats)
                  )}
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}
