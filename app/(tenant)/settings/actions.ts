'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { id, plainName, requiredText } from '#app/_actions/field-schemas'
import * as activity from '#db/activity/activity'
import * as apiKeys from '#db/accounts/api-keys'
import { Invalid } from '@rowhouse/tenancy'
import { usesCurrency } from '#db/modules'
import { currencies, locales, save } from '#db/accounts/tenant-settings'

const settings = z.object({
  name: plainName('Enter a name.'),
  slug: requiredText(63, 'Enter a slug.'),
  currency: z.enum(currencies, 'Choose a currency.'),
  locale: z.enum(locales, 'Choose a format.'),
})

export const saveSettings = tenantAction(
  settings,
  async (tx, input, tenant) => {
    if (input.currency !== tenant.currency && (await usesCurrency(tx)))
      throw new Invalid(
        'currency',
        `There are orders in ${tenant.currency} already, so the currency stays.`,
      )
    await activity.record(tx, 'settings.changed', { name: tenant.name, id: null }, input)
    await save(tenant.id, input)
    return {}
  },
  { may: 'settings:write' },
)

const lifetimes = { '30': 30, '90': 90, '365': 365, never: null } as const
const newKey = z.object({
  name: requiredText(60, 'Say what the key is for.'),
  scope: z.enum(['read', 'write'], 'Choose what the key may do.'),
  lifetime: z.enum(['30', '90', '365', 'never'], 'Choose how long the key works.'),
})

/** Returns the key. It is shown only now, because only its hash is stored. */
export const createKey = tenantAction(
  newKey,
  async (tx, { lifetime, ...input }, tenant) => {
    await activity.record(tx, 'key.created', { name: input.name, id: null }, { scope: input.scope })
    return apiKeys.create({
      ...input,
      tenantId: tenant.id,
      userId: tx.actor.id ?? '',
      days: lifetimes[lifetime],
    })
  },
  { may: 'keys:write' },
)

export const revokeKey = tenantAction(
  z.object({ id: id('This key does not exist.'), name: requiredText(60, 'Reload the page.') }),
  async (tx, { id, name }, tenant) => {
    await activity.record(tx, 'key.revoked', { name, id: null })
    return apiKeys.revoke(tenant.id, id)
  },
  { may: 'keys:write' },
)
