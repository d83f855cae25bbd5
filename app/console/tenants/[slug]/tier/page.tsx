import { asTier } from '#db/tiers'
import { notFound } from 'next/navigation'
import { consolePage } from '#app/_session/operator'
import { movePath, tenantPath } from '#components/console/paths'
import { placementLabels, tierLabel } from '#components/console/labels'
import { MoveStateLabel } from '#components/console/move-state-label'
import { TierForm } from '#components/console/tier-form'
import { PageFrame } from '#components/page'
import { ButtonLink } from '#components/ui/button'
import { Card, CardBody } from '#components/ui/card'
import { PageHeader } from '#components/ui/page-header'
import { TenantNotFound } from '@rowhouse/tenancy'
import { isLive } from '@rowhouse/tenancy/move-states'
import { readTenant } from '#db/operators/tenant-facts'
import { changeTier, planTierChange } from '../../actions'

export default async function TierPage({ params }: PageProps<'/console/tenants/[slug]/tier'>) {
  const { formats } = await consolePage()
  const { slug } = await params
  const { tenant, placement, latest } = await readTenant(slug).catch((error: unknown) => {
    if (TenantNotFound.is(error)) notFound()
    throw error
  })
  return (
    <PageFrame width="narrow">
      <title>{`Tier of ${tenant.name} · Rowhouse console`}</title>
      <PageHeader
        title={`Change the tier of ${tenant.name}`}
        about={`Now ${tierLabel(tenant.tier)}: ${placementLabels[placement.kind].toLowerCase()}. The rows move while ${tenant.name} goes on working.`}
        back={{ href: tenantPath(slug), label: tenant.name }}
      />
      {latest && isLive(latest.state) ? (
        <Card>
          <CardBody className="grid justify-items-start gap-3 pt-5">
            <MoveStateLabel move={latest} />
            <p className="text-ink-soft">
              {tenant.name} makes one move at a time, and one is not over yet.
              {latest.state === 'switched' &&
                ' Confirm it, or roll it back; then the tier can change again.'}
            </p>
            <ButtonLink href={movePath(latest.id)} look="primary">
              Go to the move
            </ButtonLink>
          </CardBody>
        </Card>
      ) : (
        <TierForm
          slug={slug}
          name={tenant.name}
          now={asTier(tenant.tier)}
          formats={formats}
          actions={{ plan: planTierChange, change: changeTier }}
        />
      )}
    </PageFrame>
  )
}
