import { asTier } from '#db/tiers'
import { notFound } from 'next/navigation'
import { ArrowRightLeft } from 'lucide-react'
import { consolePage } from '#app/_session/operator'
import { tierPath } from '#components/console/paths'
import { tierLabel } from '#components/console/labels'
import { MoveHistory } from '#components/console/move-history'
import { ReasonDialog } from '#components/console/reason-dialog'
import { SupportForm } from '#components/console/support-form'
import { TenantData } from '#components/console/tenant-data'
import { TenantDetailsCard } from '#components/console/tenant-details-card'
import { TenantLimits } from '#components/console/tenant-limits'
import { TenantMembers } from '#components/console/tenant-members'
import { TenantAudit } from '#components/console/tenant-audit'
import { chartHours, UsageCharts } from '#components/console/usage-charts'
import { RelativeTime } from '#components/console/format-time'
import { PageFrame } from '#components/page'
import { Badge } from '#components/ui/badge'
import { ButtonLink } from '#components/ui/button'
import { Notice } from '#components/ui/notice'
import { PageHeader } from '#components/ui/page-header'
import { listAudit } from '@rowhouse/tenancy/admin'
import { dataOverview } from '#db/data-overview'
import { TenantNotFound, limitFacts } from '@rowhouse/tenancy'
import { readStatus } from '@rowhouse/tenancy/migrations'
import { isLive } from '@rowhouse/tenancy/move-states'
import { readTenant } from '#db/operators/tenant-facts'
import { hoursAgo, usageByHour } from '#db/operators/usage-report'
import type { Route } from 'next'
import {
  eraseTenant,
  exportTenant,
  holdTenant,
  cancelTenantErasure,
  liftHold,
  resumeTenant,
  setTenantLimits,
  suspendTenant,
} from '../actions'
import { beginSupport } from '../support-actions'
import { tenancy } from '#db/tenancy'

export default async function TenantPage({ params }: PageProps<'/console/tenants/[slug]'>) {
  const { formats } = await consolePage()
  const { slug } = await params
  const since = hoursAgo(chartHours)
  const { facts, status, trail, limits, hours, overview } = await readAll(slug, since)
  const { tenant, suspended, latest } = facts
  const moving = Boolean(latest && isLive(latest.state))
  return (
    <PageFrame width="normal">
      <title>{`${tenant.name} · Rowhouse console`}</title>
      <PageHeader
        title={tenant.name}
        beside={<Badge tone="accent">{tierLabel(tenant.tier)}</Badge>}
        back={{ href: '/console/tenants' as Route, label: 'Tenants' }}
      >
        <ButtonLink href={tierPath(slug)} look="primary">
          <ArrowRightLeft aria-hidden /> Change tier
        </ButtonLink>
        <SupportForm action={beginSupport} slug={slug} name={tenant.name} />
        <SuspendButton suspended={Boolean(suspended)} slug={slug} name={tenant.name} />
      </PageHeader>
      {suspended && (
        <Notice look="danger">
          Suspended <RelativeTime at={suspended.at} formats={formats} /> by {suspended.by}:{' '}
          {suspended.reason}
        </Notice>
      )}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
          <UsageCharts hours={hours} since={since} formats={formats} />
          <MoveHistory moves={facts.moves} moving={moving} formats={formats} />
          <TenantAudit rows={trail.rows} tenant={tenant.slug} formats={formats} />
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
          <TenantDetailsCard facts={facts} status={status ?? null} formats={formats} />
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
              cancelErasure: cancelTenantErasure,
            }}
          />
          <TenantMembers people={facts.people} />
        </div>
      </div>
    </PageFrame>
  )
}

async function readAll(slug: string, since: Date) {
  const facts = await readTenant(slug).catch((error: unknown) => {
    if (TenantNotFound.is(error)) notFound()
    throw error
  })
  const { tenant, placement } = facts
  const [trail, fleet, limits, hours, overview] = await Promise.all([
    listAudit(tenancy(), { tenantId: tenant.id, search: '', size: 12, before: null }),
    readStatus(tenancy()),
    limitFacts(tenancy(), tenant.id),
    usageByHour(tenant.id, since),
    dataOverview(tenant.id, asTier(tenant.tier)),
  ])
  const status = fleet.targets.find((target) =>
    placement.kind === 'shared' ? target.name === 'shared' : target.tenantId === tenant.id,
  )
  return { facts, status, trail, limits, hours, overview }
}

function SuspendButton({
  suspended,
  slug,
  name,
}: {
  suspended: boolean
  slug: string
  name: string
}) {
  return suspended ? (
    <ReasonDialog
      action={resumeTenant}
      hidden={{ slug }}
      opener="Let in again"
      title={`Let ${name} in again`}
      save="Let in"
      done={`${name} is let in again.`}
    >
      Its people can work again from their next click on.
    </ReasonDialog>
  ) : (
    <ReasonDialog
      action={suspendTenant}
      hidden={{ slug }}
      opener="Suspend…"
      title={`Suspend ${name}`}
      save="Suspend"
      look="danger"
      done={`${name} is suspended.`}
    >
      Everybody of this tenant is shut out from the next transaction on. Nothing is deleted.
    </ReasonDialog>
  )
}
