'use server'

import { z } from 'zod'
import { operatorAction } from '#app/_actions/action'
import { requiredText, text } from '#app/_actions/field-schemas'
import { erasures, requestByOperator, holds } from '@rowhouse/tenancy/data'
import { Invalid, limitFacts, limitsIn, setLimits } from '@rowhouse/tenancy'
import { planMove, requestMove, usualPause } from '@rowhouse/tenancy/moves'
import { inspectServer, resume, suspend } from '@rowhouse/tenancy/admin'
import { tiers, tierNames } from '#db/tiers'
import { tenantOf } from '#db/operators/tenant-facts'
import { tenancy } from '#db/tenancy'

const slug = text(63)
const reason = requiredText(500, 'Say why, for those who read the audit trail later.')
const change = z.object({
  slug,
  tier: z.enum(tierNames, 'Choose a tier.'),
  databaseUrl: text(1000).optional(),
})
const server = (databaseUrl: string | undefined) => (databaseUrl ? { databaseUrl } : {})

/** A dry run of the move, with a check of its target server. Changes nothing. */
export const planTierChange = operatorAction(
  change,
  async ({ user }, { slug, tier, databaseUrl }) => {
    const tenant = await tenantOf(slug)
    const found = databaseUrl ? await inspectServer(tenancy(), databaseUrl) : null
    const plan = await planMove(tenancy(), {
      tenantId: tenant.id,
      to: tiers[tier].placement,
      tier,
      actor: user.email,
      reason: 'dry run',
      ...server(databaseUrl),
    })
    const [pause, { own, limits }] = await Promise.all([
      usualPause(tenancy()),
      limitFacts(tenancy(), tenant.id),
    ])
    return {
      ...plan,
      server: found,
      pause,
      limits: { now: limits, then: limitsIn(tenancy(), tier, own) },
    }
  },
  { revalidate: [] },
)

export const changeTier = operatorAction(
  change.extend({ reason }),
  async ({ user }, { slug, tier, databaseUrl, reason }) => {
    const tenant = await tenantOf(slug)
    return requestMove(tenancy(), {
      tenantId: tenant.id,
      to: tiers[tier].placement,
      tier,
      actor: user.email,
      reason,
      ...server(databaseUrl),
    })
  },
  { redirectTo: (move) => `/console/moves/${move.id}` },
)

export const suspendTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    const tenant = await tenantOf(slug)
    await suspend(tenancy(), { tenantId: tenant.id, slug, actor: user.email, reason })
    return {}
  },
)

export const resumeTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    const tenant = await tenantOf(slug)
    await resume(tenancy(), { tenantId: tenant.id, slug, actor: user.email, reason })
    return {}
  },
)

const ownLimit = (least: number, most: number) =>
  text(12)
    .transform((typed) => (typed === '' ? null : Number(typed)))
    .refine(
      (typed) => typed === null || (Number.isInteger(typed) && typed >= least && typed <= most),
      `Type a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}, or nothing.`,
    )
const maxLimit = 2_000_000_000

export const setTenantLimits = operatorAction(
  z.object({
    slug,
    reason,
    statementMs: ownLimit(100, 600_000),
    concurrent: ownLimit(1, 1000),
    requestsPerMinute: ownLimit(1, maxLimit),
    apiPerMinute: ownLimit(1, maxLimit),
    exportRows: ownLimit(1, maxLimit),
  }),
  async ({ user }, { slug, reason, ...limits }) => {
    await setLimits(
      tenancy(),
      { tenantId: (await tenantOf(slug)).id, actor: user.email, reason },
      limits,
    )
    return {}
  },
)

export const exportTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    const { id } = await requestByOperator(tenancy(), (await tenantOf(slug)).id, user.email, reason)
    return { id }
  },
)

export const holdTenant = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    await holds.hold(tenancy(), {
      tenantId: (await tenantOf(slug)).id,
      slug,
      actor: user.email,
      reason,
    })
    return {}
  },
)

export const liftHold = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) => {
    await holds.lift(tenancy(), {
      tenantId: (await tenantOf(slug)).id,
      slug,
      actor: user.email,
      reason,
    })
    return {}
  },
)

export const eraseTenant = operatorAction(
  z.object({ slug, reason, name: text(80) }),
  async ({ user }, { slug, reason, name }) => {
    const tenant = await tenantOf(slug)
    if (name !== tenant.name)
      throw new Invalid('name', `Type ${tenant.name} to confirm; this is ${name || 'nothing'}.`)
    const { dueAt } = await erasures.request(tenancy(), tenant.id, {
      actor: user.email,
      userId: null,
      reason,
    })
    return { dueAt }
  },
)

export const cancelTenantErasure = operatorAction(
  z.object({ slug }),
  async ({ user }, { slug }) => {
    await erasures.withdraw(tenancy(), (await tenantOf(slug)).id, user.email)
    return {}
  },
)
