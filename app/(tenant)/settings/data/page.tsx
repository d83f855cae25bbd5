import type { Metadata } from 'next'
import { requireTenant } from '#app/_session/session'
import { tenantPage } from '#app/_session/tenant-page'
import { EraseCard } from '#components/data/erase-card'
import { ExportCard } from '#components/data/export-card'
import { RetentionCard } from '#components/data/retention-card'
import { RetentionRuns } from '#components/data/retention-runs'
import { Page } from '#components/page'
import { SettingsSections } from '#components/settings/settings-sections'
import { Notice } from '#components/ui/notice'
import { PageHeader } from '#components/ui/page-header'
import { formatDate } from '#components/formats'
import { dataOverview } from '#db/data-overview'
import { signExportLink } from '#db/accounts/export-link'
import { previewRetention } from '@rowhouse/tenancy/data'
import {
  answerRetentionRun,
  requestErasure,
  exportEverything,
  setRetentionDays,
  cancelErasure,
} from './actions'
import { tenancy } from '#db/tenancy'

export const metadata: Metadata = { title: 'Your data' }

export default async function DataPage({ searchParams }: PageProps<'/settings/data'>) {
  const { tenant, scope, formats, db, may } = await tenantPage()
  const { id: sessionId } = await requireTenant()
  const withPreview = (await searchParams).preview !== undefined
  const overview = await db(() => dataOverview(tenant.id, tenant.tier))
  const steps = withPreview ? await previewRetention(tenancy(), tenant.id) : null
  const links = Object.fromEntries(
    overview.exports
      .filter(({ state }) => state === 'done' && may('data:export'))
      .map(({ id }) => [id, signExportLink(sessionId, id)]),
  )
  return (
    <Page scope={scope} width="narrow">
      <PageHeader title="Settings" />
      <SettingsSections keys={may('keys:write')} />
      {overview.hold && (
        <Notice look="warn">{`On legal hold since ${formatDate(overview.hold.at, formats)}: nothing is deleted until the hold is lifted.`}</Notice>
      )}
      <ExportCard
        exports={overview.exports}
        links={links}
        formats={formats}
        action={may('data:export') ? exportEverything : null}
      />
      <RetentionCard
        overview={overview}
        preview={steps}
        formats={formats}
        action={may('retention:write') ? setRetentionDays : null}
      />
      {overview.runs.length > 0 && (
        <RetentionRuns
          runs={overview.runs}
          formats={formats}
          action={may('retention:write') ? answerRetentionRun : null}
        />
      )}
      {may('tenant:erase') && (
        <EraseCard
          name={tenant.name}
          erasure={overview.erasure}
          held={overview.hold !== undefined}
          formats={formats}
          erase={requestErasure}
          cancel={cancelErasure}
        />
      )}
    </Page>
  )
}
