import { clsx } from 'clsx'
import { Card, CardHeader } from '#components/ui/card'
import { DescriptionItem, DescriptionList } from '#components/ui/description-list'
import { tierNames, tiers } from '#db/tiers'
import type { PlacementKind } from '@rowhouse/tenancy'

const kinds: {
  kind: PlacementKind
  where: string
  boundary: string
  login: string
  stillShared: string
}[] = [
  {
    kind: 'shared',
    where: 'In shared tables',
    boundary: 'Row-level security, forced, by a signed context',
    login: 'One for all tenants here',
    stillShared: 'The server’s time: a neighbour with free SQL can waste it',
  },
  {
    kind: 'schema',
    where: 'In a schema of their own',
    boundary: 'Privileges, and row-level security below them',
    login: 'Dedicated; it sees no other schema',
    stillShared: 'The server’s time and disk',
  },
  {
    kind: 'database',
    where: 'In a database of their own, on any server',
    boundary: 'The right to connect, and row-level security below it',
    login: 'Dedicated; it cannot connect to other databases',
    stillShared: 'Nothing, on a server of its own',
  },
]

const tiersIn = (kind: PlacementKind) =>
  tierNames
    .filter((tier) => tiers[tier].placement === kind)
    .map((tier) => tiers[tier].label)
    .join(', ')

export function TierComparison({ kind }: { kind: PlacementKind }) {
  return (
    <Card labelledBy="tiers" className="overflow-hidden">
      <CardHeader id="tiers" title="What would be different in another tier" />
      <div className="grid border-t border-line md:grid-cols-3 md:divide-x md:divide-line">
        {kinds.map((one) => (
          <section
            key={one.kind}
            className={clsx(
              'grid content-start gap-3 px-4 py-4 max-md:not-last:border-b max-md:not-last:border-line sm:px-5',
              one.kind === kind && 'bg-accent-soft',
            )}
          >
            <h3 className="flex items-baseline justify-between gap-2 font-medium">
              {tiersIn(one.kind)}
              {one.kind === kind && (
                <span className="text-sm font-medium text-accent">You are here</span>
              )}
            </h3>
            <DescriptionList>
              <DescriptionItem name="Where the rows live">{one.where}</DescriptionItem>
              <DescriptionItem name="What keeps others out">{one.boundary}</DescriptionItem>
              <DescriptionItem name="Login">{one.login}</DescriptionItem>
              <DescriptionItem name="What is still shared">{one.stillShared}</DescriptionItem>
            </DescriptionList>
          </section>
        ))}
      </div>
    </Card>
  )
}
