import type { Metadata } from 'next'
import { tenantPage } from '#app/_session/tenant-page'
import { Page } from '#components/page'
import { GeneralSettings } from '#components/settings/general-settings'
import { SettingsSections } from '#components/settings/settings-sections'
import { PageHeader } from '#components/ui/page-header'
import { usesCurrency } from '#db/modules'
import { currencies, locales } from '#db/accounts/tenant-settings'
import { saveSettings } from '../actions'

export const metadata: Metadata = { title: 'Settings' }

// on the server, because a browser may have other names for currencies, which breaks hydration
const displayName = (code: string, type: 'currency' | 'language') =>
  new Intl.DisplayNames('en', { type }).of(code) ?? code
const example = (locale: string) =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(12345.6)

export default async function SettingsPage() {
  const { tenant, scope, db, may } = await tenantPage()
  const hasOrders = await db(usesCurrency)
  return (
    <Page scope={scope} width="narrow">
      <PageHeader title="Settings" />
      <SettingsSections keys={may('keys:write')} />
      <GeneralSettings
        tenant={{
          name: tenant.name,
          slug: tenant.slug,
          currency: tenant.currency,
          locale: tenant.locale,
        }}
        action={may('settings:write') ? saveSettings : null}
        currencies={currencies.map((code) => ({
          code,
          text: `${code} – ${displayName(code, 'currency')}`,
        }))}
        locales={locales.map((code) => ({
          code,
          text: `${displayName(code, 'language')}: ${example(code)}`,
        }))}
        currencyFixed={hasOrders}
      />
    </Page>
  )
}
