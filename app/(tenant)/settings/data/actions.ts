'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { id, requiredText } from '#app/_actions/field-schemas'
import * as activity from '#db/activity/activity'
import { erasures, exports, setRule, decideRetentionRun } from '@rowhouse/tenancy/data'
import { Invalid } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'

export const exportEverything = tenantAction(
  z.object({}),
  async (tx, _, tenant) => {
    await activity.record(tx, 'data.exported', { name: 'everything', id: null })
    return { id: (await exports.request(platform(), tenant.id, tx.actor.name, tx.actor.id)).id }
  },
  { may: 'data:export' },
)

const days = z
  .string()
  .trim()
  .pipe(
    z.union([
      z.literal('').transform(() => null),
      z.coerce
        .number<string>({ error: 'Type a whole number of days, or nothing.' })
        .int('Type a whole number of days.'),
    ]),
  )

export const setRetentionDays = tenantAction(
  z.object({ table: requiredText(63, 'Reload the page.'), days }),
  async (tx, input, tenant) => {
    await activity.record(
      tx,
      'retention.set',
      { name: input.table.replaceAll('_', ' '), id: null },
      { days: input.days },
    )
    await setRule(tenancy(), platform(), {
      tenantId: tenant.id,
      tier: tenant.tier,
      by: tx.actor.name,
      ...input,
    })
    return {}
  },
  { may: 'retention:write' },
)

export const answerRetentionRun = tenantAction(
  z.object({ run: id('This run does not exist.'), yes: z.enum(['yes', 'no']) }),
  async (tx, { run, yes }, tenant) => {
    await activity.record(tx, yes === 'yes' ? 'retention.confirmed' : 'retention.dismissed', {
      name: 'old rows',
      id: null,
    })
    await decideRetentionRun(platform(), {
      tenantId: tenant.id,
      runId: run,
      confirm: yes === 'yes',
      by: tx.actor.name,
    })
    return {}
  },
  { may: 'retention:write' },
)

export const requestErasure = tenantAction(
  z.object({ name: requiredText(80, 'Type the name of the organisation.') }),
  async (tx, { name }, tenant) => {
    if (name !== tenant.name)
      throw new Invalid('name', `Type ${tenant.name} to confirm; this is ${name}.`)
    await activity.record(tx, 'erasure.requested', { name: tenant.name, id: null })
    const { dueAt } = await erasures.request(tenancy(), tenant.id, {
      actor: tx.actor.name,
      userId: tx.actor.id,
    })
    return { dueAt }
  },
  { may: 'tenant:erase' },
)

export const cancelErasure = tenantAction(
  z.object({}),
  async (tx, _, tenant) => {
    await activity.record(tx, 'erasure.withdrawn', { name: tenant.name, id: null })
    await erasures.withdraw(tenancy(), tenant.id, tx.actor.name)
    return {}
  },
  { may: 'tenant:erase' },
)
