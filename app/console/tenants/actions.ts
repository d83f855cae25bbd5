'use server'

import { z } from 'zod'
import { operatorAction } from '#app/action'
import { requiredText, text } from '#app/form-fields'
import * as erasures from '#db/erase/erasures'
import { Invalid } from '#db/errors'
import { requestFor } from '#db/export/exports'
import * as holds from '#db/holds'
import { limitFacts, limitsIn, setLimits } from '#db/limits/limits'
import { planMove, requestMove } from '#db/move/request'
import { usualPause } from '#db/move/view'
import { kindOf } from '#db/placements/create'
import { inspectServer } from '#db/placements/servers'
import { tiers } from '#db/tiers'
import { resume, suspend } from '#db/console/suspensions'
import { tenantOf } from '#db/console/tenant-facts'

const slug = text(63)
const reason = requiredText(500, 'Say why, for those who read the audit trail later.')
const change = z.object({
  slug,
  tier: z.enum(tiers, 'Choose a tier.'),
  databaseUrl: text(1000).optional(),
})
const server = (databaseUrl: string | undefined) => (databaseUrl ? { databaseUrl } : {})

/** What the change would mean: a dry run, and the server it would lead to. Changes nothing. */
export const planTierChange = operatorAction(
  change,
  async ({ user }, { slug, tier, databaseUrl }) => {
    const tenant = await tenantOf(slug)
    const found = databaseUrl ? await inspectServer(databaseUrl) : null
    const plan = await planMove({
      tenantId: tenant.id,
      to: kindOf[tier],
      actor: user.email,
      reason: 'dry run',
      ...server(databaseUrl),
    })
    const [pause, { own, limits }] = await Promise.all([usualPause(), limitFacts(tenant.id)])
    return { ...plan, server: found, pause, limits: { now: limits, then: limitsIn(tier, own) } }
  },
  { redraw: [] },
)

export const changeTier = operatorAction(
  change.extend({ reason }),
  async ({ user }, { slug, tier, databaseUrl, reason }) => {
    const tenant = await tenantOf(slug)
    return requestMove({
      tenantId: tenant.id,
      to: kindOf[tier],
      actor: user.email,
      reason,
      ...server(databaseUrl),
    })
  },
  { then: (move) => `/console/moves/${move.id}` },
)

export const suspendTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    const tenant = await tenantOf(slug)
    await suspend({ tenantId: tenant.id, slug, actor: user.email, reason })
    return {}
  },
)

export const resumeTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    const tenant = await tenantOf(slug)
    await resume({ tenantId: tenant.id, slug, actor: user.email, reason })
    return {}
  },
)

const own = (least: number, most: number) =>
  text(12)
    .transform((typed) => (typed === '' ? null : Number(typed)))
    .refine(
      (typed) => typed === null || (Number.isInteger(typed) && typed >= least && typed <= most),
      `Type a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}, or nothing.`,
    )
const most = 2_000_000_000

export const setTenantLimits = operatorAction(
  z.object({
    slug,
    reason,
    statementMs: own(100, 600_000),
    concurrent: own(1, 1000),
    requestsPerMinute: own(1, most),
    apiPerMinute: own(1, most),
    exportRows: own(1, most),
  }),
  async ({ user }, { slug, reason, ...limits }) => {
    await setLimits({ tenantId: (await tenantOf(slug)).id, actor: user.email, reason }, limits)
    return {}
  },
)

export const exportTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    const { id } = await requestFor((await tenantOf(slug)).id, user.email, reason)
    return { id }
  },
)

export const holdTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    await holds.hold({ tenantId: (await tenantOf(slug)).id, slug, actor: user.email, reason })
    return {}
  },
)

export const liftHold = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    await holds.lift({ tenantId: (await tenantOf(slug)).id, slug, actor: user.email, reason })
    return {}
  },
)

export const eraseTenant = operatorAction(
  z.object({ slug, reason, name: text(80) }),
  async ({ user }, { slug, reason, name }) => {
    const tenant = await tenantOf(slug)
    if (name !== tenant.name)
      throw new Invalid('name', `Type ${tenant.name} to confirm; this is ${name || 'nothing'}.`)
    const { dueAt } = await erasures.request(tenant.id, { actor: user.email, userId: null, reason })
    return { dueAt }
  },
)

export const keepTenant = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await erasures.withdraw((await tenantOf(slug)).id, user.email)
  return {}
})
