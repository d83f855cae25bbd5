import { ShieldCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { kindNames } from '#components/console/marks'
import { Card, CardBody } from '#components/ui/card'
import type { Seat } from '#db/isolation/facts'
import type { PlacementKind } from '#db/schema/platform'

const stories: Record<PlacementKind, { title: string; text: string }> = {
  shared: {
    title: 'Your rows live in shared tables, behind row-level security',
    text: 'Every table has a tenant in its key and a policy that is forced even on its owner. The policy believes a sealed context only: signed by the database itself, for this one transaction.',
  },
  schema: {
    title: 'Your rows live in a schema of their own',
    text: 'The login that reads them can see no other schema. Row-level security stands below that as a second wall.',
  },
  database: {
    title: 'Your rows live in a database of their own',
    text: 'The login that reads them can connect to no other. Row-level security stands below that as a second wall.',
  },
}

export function SeatCard({
  seat,
  kind,
  tenantId,
}: {
  seat: Seat
  kind: PlacementKind
  tenantId: string
}) {
  const { title, text } = stories[kind]
  return (
    <Card labelledBy="seat" className="overflow-hidden">
      <div className="flex gap-4 bg-accent-soft px-4 py-4 sm:px-5">
        <ShieldCheck aria-hidden className="mt-0.5 size-6 shrink-0 text-accent" />
        <div>
          <h2 id="seat" className="text-lg font-semibold tracking-tight">
            {title}
          </h2>
          <p className="max-w-prose text-ink-soft">{text}</p>
        </div>
      </div>
      <CardBody className="pt-4 sm:pt-5">
        <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-2 lg:grid-cols-4">
          <Fact name="Placement">{kindNames[kind]}</Fact>
          <Fact name="Database">{seat.database}</Fact>
          <Fact name="Schema">{seat.schema}</Fact>
          <Fact name="Login">{seat.login}</Fact>
          <Fact name="Login could bypass policies">
            {seat.superuser || seat.bypassrls ? 'yes' : 'no'}
          </Fact>
          <Fact name="Epoch">{seat.epoch ?? '–'}</Fact>
          <Fact name="Sealed to">
            {seat.sealed === tenantId ? 'this tenant' : (seat.sealed ?? 'nobody')}
          </Fact>
          <Fact name="PostgreSQL">{seat.server}</Fact>
        </dl>
      </CardBody>
    </Card>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-ink-faint">{name}</dt>
      <dd className="font-mono text-sm break-all">{children}</dd>
    </div>
  )
}
