import { notFound } from 'next/navigation'
import { consolePage } from '#app/operator'
import { moveAt, tenantAt } from '#components/console/addresses'
import { kindNames, tierNames } from '#components/console/marks'
import { MoveStateText } from '#components/console/move-state'
import { TierForm } from '#components/console/tier-form'
import { PageFrame } from '#components/page'
import { ButtonLink } from '#components/ui/button'
import { Card, CardBody } from '#components/ui/card'
import { PageHeader } from '#components/ui/page-header'
import { TenantNotFound } from '#db/errors'
import { isLive } from '#db/move/states'
import { readTenant } from '#db/console/tenant-facts'
import { changeTier, planTierChange } from '../../actions'

export default async function TierPage({ params }: PageProps<'/console/tenants/[slug]/tier'>) {
  const { formats } = await consolePage()
  const { slug } = await params
  const { tenant, placement, latest } = await readTenant(slug).catch((error: unknown) => {
    if (error instanceof TenantNotFound) notFound()
    throw error
  })
  return (
    <PageFrame width="narrow">
      <title>{`Tier of ${tenant.name} · Rowhouse console`}</title>
      <PageHeader
        title={`Change the tier of ${tenant.name}`}
        about={`Now ${tierNames[tenant.tier]}: ${kindNames[placement.kind].toLowerCase()}. The rows move while ${tenant.name} goes on working.`}
        back={{ href: tenantAt(slug), label: tenant.name }}
      />
      {latest && isLive(latest.state) ? (
        <Card>
          <CardBody className="grid justify-items-start gap-3 pt-5">
            <MoveStateText move={latest} />
            <p className="text-ink-soft">
              {tenant.name} makes one move at a time, and one is not over yet.
              {latest.state === 'switched' &&
                ' Confirm it, or roll it back; then the tier can change again.'}
            </p>
            <ButtonLink href={moveAt(latest.id)} look="primary">
              Go to the move
            </ButtonLink>
          </CardBody>
        </Card>
      ) : (
        <TierForm
          slug={slug}
          name={tenant.name}
          now={tenant.tier}
          formats={formats}
          actions={{ plan: planTierChange, change: changeTier }}
        />
      )}
    </PageFrame>
  )
}
