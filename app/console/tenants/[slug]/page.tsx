import { notFound } from 'next/navigation'
import { ArrowRightLeft } from 'lucide-react'
import { consolePage } from '#app/operator'
import { tierAt } from '#components/console/addresses'
import { tierNames } from '#components/console/marks'
import { MoveHistory } from '#components/console/move-history'
import { ReasonDialog } from '#components/console/reason-dialog'
import { SupportForm } from '#components/console/support-form'
import { TenantData } from '#components/console/tenant-data'
import { TenantFactsCard } from '#components/console/tenant-facts-card'
import { TenantLimits } from '#components/console/tenant-limits'
import { TenantPeople } from '#components/console/tenant-people'
import { TenantTrail } from '#components/console/tenant-trail'
import { chartHours, UsageCharts } from '#components/console/usage-charts'
import { Ago } from '#components/console/figures'
import { PageFrame } from '#components/page'
import { Badge } from '#components/ui/badge'
import { ButtonLink } from '#components/ui/button'
import { Notice } from '#components/ui/notice'
import { PageHeader } from '#components/ui/page-header'
import { listAudit } from '#db/console/audit-trail'
import { dataOverview } from '#db/data-overview'
import { TenantNotFound } from '#db/errors'
import { readStatus } from '#db/fleet/status'
import { limitFacts } from '#db/limits/limits'
import { isLive } from '#db/move/states'
import { readTenant } from '#db/console/tenant-facts'
import { hoursAgo, usageByHour } from '#db/console/usage-report'
import type { Route } from 'next'
import {
  eraseTenant,
  exportTenant,
  holdTenant,
  keepTenant,
  liftHold,
  resumeTenant,
  setTenantLimits,
  suspendTenant,
} from '../actions'
import { beginSupport } from '../support-actions'

export default async function TenantPage({ params }: PageProps<'/console/tenants/[slug]'>) {
  const { formats } = await consolePage()
  const { slug } = await params
  const facts = await readTenant(slug).catch((error: unknown) => {
    if (error instanceof TenantNotFound) notFound()
    throw error
  })
  const { tenant, suspended, latest } = facts
  const since = hoursAgo(chartHours)
  const [trail, fleet, limits, hours, overview] = await Promise.all([
    listAudit({ tenantId: tenant.id, search: '', size: 12, before: null }),
    readStatus(),
    limitFacts(tenant.id),
    usageByHour(tenant.id, since),
    dataOverview(tenant.id, tenant.tier),
  ])
  const standing = fleet.targets.find((one) =>
    facts.placement.kind === 'shared' ? one.name === 'shared' : one.tenantId === tenant.id,
  )
  const moving = latest && isLive(latest.state) ? latest : null
  return (
    <PageFrame width="normal">
      <title>{`${tenant.name} · Rowhouse console`}</title>
      <PageHeader
        title={tenant.name}
        beside={<Badge tone="accent">{tierNames[tenant.tier]}</Badge>}
        back={{ href: '/console/tenants' as Route, label: 'Tenants' }}
      >
        <ButtonLink href={tierAt(slug)} look="primary">
          <ArrowRightLeft aria-hidden /> Change tier
        </ButtonLink>
        <SupportForm action={beginSupport} slug={slug} name={tenant.name} />
        {suspended ? (
          <ReasonDialog
            action={resumeTenant}
            hidden={{ slug }}
            opener="Let in again"
            title={`Let ${tenant.name} in again`}
            save="Let in"
            done={`${tenant.name} is let in again.`}
          >
            Its people can work again from their next click on.
          </ReasonDialog>
        ) : (
          <ReasonDialog
            action={suspendTenant}
            hidden={{ slug }}
            opener="Suspend…"
            title={`Suspend ${tenant.name}`}
            save="Suspend"
            look="danger"
            done={`${tenant.name} is suspended.`}
          >
            Everybody of this tenant is shut out from the next transaction on. Nothing is deleted.
          </ReasonDialog>
        )}
      </PageHeader>
      {suspended && (
        <Notice look="danger">
          Suspended <Ago at={suspended.at} formats={formats} /> by {suspended.by}:{' '}
          {suspended.reason}
        </Notice>
      )}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
          <UsageCharts hours={hours} since={since} formats={formats} />
          <MoveHistory moves={facts.moves} moving={moving !== null} formats={formats} />
          <TenantTrail rows={trail.rows} tenant={tenant.slug} formats={formats} />
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
          <TenantFactsCard facts={facts} standing={standing ?? null} formats={formats} />
          <TenantLimits
            facts={limits}
            slug={slug}
            name={tenant.name}
            formats={formats}
            action={setTenantLimits}
          />
          <TenantData
            overview={overview}
            slug={slug}
            name={tenant.name}
            formats={formats}
            actions={{
              exportAll: exportTenant,
              hold: holdTenant,
              lift: liftHold,
              erase: eraseTenant,
              keep: keepTenant,
            }}
          />
          <TenantPeople people={facts.people} />
        </div>
      </div>
    </PageFrame>
  )
}
