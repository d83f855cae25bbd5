import { ShieldCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { placementLabels } from '#components/console/labels'
import { Card, CardBody } from '#components/ui/card'
import type { ConnectionFacts } from '@rowhouse/tenancy/checks'
import type { PlacementKind } from '@rowhouse/tenancy'

const descriptions: Record<PlacementKind, { title: string; text: string }> = {
  shared: {
    title: 'Your rows live in shared tables, behind row-level security',
    text: 'Every table has a tenant in its key and a policy that is forced even on its owner. The policy believes a signed context only: the database signs it itself, for this one transaction.',
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

export function ConnectionCard({
  facts,
  kind,
  tenantId,
}: {
  facts: ConnectionFacts
  kind: PlacementKind
  tenantId: string
}) {
  const { title, text } = descriptions[kind]
  return (
    <Card labelledBy="placement" className="overflow-hidden">
      <div className="flex gap-4 bg-accent-soft px-4 py-4 sm:px-5">
        <ShieldCheck aria-hidden className="mt-0.5 size-6 shrink-0 text-accent" />
        <div>
          <h2 id="placement" className="text-lg font-semibold tracking-tight">
            {title}
          </h2>
          <p className="max-w-prose text-ink-soft">{text}</p>
        </div>
      </div>
      <CardBody className="pt-4 sm:pt-5">
        <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-2 lg:grid-cols-4">
          <Fact name="Placement">{placementLabels[kind]}</Fact>
          <Fact name="Database">{facts.database}</Fact>
          <Fact name="Schema">{facts.schema}</Fact>
          <Fact name="Login">{facts.login}</Fact>
          <Fact name="Login could bypass policies">
            {facts.superuser || facts.bypassrls ? 'yes' : 'no'}
          </Fact>
          <Fact name="Epoch">{facts.epoch ?? '–'}</Fact>
          <Fact name="Context signed for">
            {facts.tenant === tenantId ? 'this tenant' : (facts.tenant ?? 'nobody')}
          </Fact>
          <Fact name="PostgreSQL">{facts.server}</Fact>
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
