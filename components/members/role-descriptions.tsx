import { roleNames } from '#components/members/role-options'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { roleDescriptions, rolesInOrder } from '#db/accounts/member-roles'

export function RoleDescriptions() {
  return (
    <Card labelledBy="roles">
      <CardHeader id="roles" title="What the roles may do" />
      <CardBody>
        <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-[6rem_1fr] sm:gap-y-2">
          {rolesInOrder.map((role) => (
            <div key={role} className="sm:contents">
              <dt className="font-medium">{roleNames[role]}</dt>
              <dd className="text-ink-soft">{roleDescriptions[role]}</dd>
            </div>
          ))}
        </dl>
      </CardBody>
    </Card>
  )
}
