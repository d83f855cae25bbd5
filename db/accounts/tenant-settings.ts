import { eq } from 'drizzle-orm'
import { Invalid, checkSlug } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { tenants } from '@rowhouse/tenancy/schema'

export type TenantSettings = { name: string; slug: string; currency: string; locale: string }

export const locales = [
  'en-GB',
  'en-US',
  'de-DE',
  'de-CH',
  'fr-FR',
  'es-ES',
  'it-IT',
  'nl-NL',
  'pt-PT',
  'pl-PL',
  'sv-SE',
  'ja-JP',
] as const
/** Commonly traded currencies. Their amounts have two decimals, none (JPY) or three (KWD). */
export const currencies = [
  'EUR',
  'USD',
  'GBP',
  'CHF',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'HUF',
  'CAD',
  'AUD',
  'NZD',
  'JPY',
  'CNY',
  'INR',
  'SGD',
  'HKD',
  'ZAR',
  'BRL',
  'MXN',
  'KWD',
] as const

/**
 * Saves a tenant's settings.
 *
 * @throws Invalid for a malformed or taken slug.
 */
export async function save(
  tenantId: string,
  { name, slug, currency, locale }: TenantSettings,
): Promise<void> {
  const values = { name: name.trim(), slug: checkSlug(slug), currency, locale }
  await platform()
    .update(tenants)
    .set(values)
    .where(eq(tenants.id, tenantId))
    .catch((error: { cause?: { code?: string } }) => {
      if (error.cause?.code === '23505')
        throw new Invalid('slug', `The address ${slug} is taken; choose another.`)
      throw error
    })
}
