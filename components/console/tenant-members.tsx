import { roleNames } from '#components/members/role-options'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { TenantFacts } from '#db/operators/tenant-facts'

export function TenantMembers({ people }: { people: TenantFacts['people'] }) {
  return (
    <Card labelledBy="people">
      <CardHeader id="people" title="Members">
        <span className="text-sm text-ink-faint tabular-nums">{people.length}</span>
      </CardHeader>
      <CardBody>
        <ul className="grid grid-cols-[minmax(0,1fr)] gap-2.5">
          {people.map(({ id, name, email, role }) => (
            <li key={id} className="flex items-baseline justify-between gap-3">
              <span className="min-w-0">
                <span className="block truncate font-medium">{name}</span>
                <span className="block truncate text-sm text-ink-faint">{email}</span>
              </span>
              <span className="text-sm text-ink-soft">{roleNames[role]}</span>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  )
}
