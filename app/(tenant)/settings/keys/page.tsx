import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { tenantPage } from '#app/_session/tenant-page'
import { Page } from '#components/page'
import { ApiKeys } from '#components/settings/api-keys'
import { NewKey } from '#components/settings/new-key'
import { SettingsSections } from '#components/settings/settings-sections'
import { PageHeader } from '#components/ui/page-header'
import * as apiKeys from '#db/accounts/api-keys'
import { env } from '#db/env'
import { limitsOf } from '@rowhouse/tenancy'
import { createKey, revokeKey } from '../actions'
import { tenancy } from '#db/tenancy'

export const metadata: Metadata = { title: 'API keys' }

export default async function KeysPage() {
  const { tenant, scope, formats, may } = await tenantPage()
  if (!may('keys:write')) notFound()
  const [keys, { apiPerMinute }] = await Promise.all([
    apiKeys.list(tenant.id),
    limitsOf(tenancy(), tenant.id),
  ])
  return (
    <Page scope={scope} width="narrow">
      <PageHeader title="Settings">
        <NewKey action={createKey} />
      </PageHeader>
      <SettingsSections keys={may('keys:write')} />
      <ApiKeys
        keys={keys}
        formats={formats}
        revoke={revokeKey}
        limit={apiPerMinute}
        origin={new URL(env().APP_URL).origin}
      />
    </Page>
  )
}
