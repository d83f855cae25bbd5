'use server'

import { z } from 'zod'
import { operatorAction } from '#app/action'
import { requiredText, text } from '#app/form-fields'
import { planMove, requestMove } from '#db/move/request'
import { usualPause } from '#db/move/view'
import { kindOf } from '#db/placements/create'
import { inspectServer } from '#db/placements/servers'
import { tiers } from '#db/tiers'
import { resume, suspend } from '#db/suspensions'
import { tenantOf } from '#db/tenant-facts'

const slug = text(63)
const reason = requiredText(500, 'Say why, for those who read the audit trail later.')
const change = z.object({ slug, tier: z.enum(tiers, 'Choose a tier.'), databaseUrl: text(1000).optional() })
const server = (databaseUrl: string | undefined) => (databaseUrl ? { databaseUrl } : {})

/** What the change would mean: a dry run, and the server it would lead to. Changes nothing. */
export const planTierChange = operatorAction(change, async ({ user }, { slug, tier, databaseUrl }) => {
  const tenant = await tenantOf(slug)
  const found = databaseUrl ? await inspectServer(databaseUrl) : null
  const plan = await planMove({ tenantId: tenant.id, to: kindOf[tier], actor: user.email, reason: 'dry run', ...server(databaseUrl) })
  return { ...plan, server: found, pause: await usualPause() }
}, { redraw: [] })

export const changeTier = operatorAction(change.extend({ reason }), async ({ user }, { slug, tier, databaseUrl, reason }) => {
  const tenant = await tenantOf(slug)
  return requestMove({ tenantId: tenant.id, to: kindOf[tier], actor: user.email, reason, ...server(databaseUrl) })
}, { then: (move) => `/console/moves/${move.id}` })

export const suspendTenant = operatorAction(z.object({ slug, reason }), async ({ user }, { slug, reason }) => {
  const tenant = await tenantOf(slug)
  await suspend({ tenantId: tenant.id, slug, actor: user.email, reason })
  return {}
})

export const resumeTenant = operatorAction(z.object({ slug, reason }), async ({ user }, { slug, reason }) => {
  const tenant = await tenantOf(slug)
  await resume({ tenantId: tenant.id, slug, actor: user.email, reason })
  return {}
})
