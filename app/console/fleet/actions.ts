'use server'

import { z } from 'zod'
import { operatorAction } from '#app/_actions/action'
import { text } from '#app/_actions/field-schemas'
import { recordAction } from '@rowhouse/tenancy/admin'
import { runChecks } from '@rowhouse/tenancy/checks'
import { requestRun } from '@rowhouse/tenancy/migrations'
import { tenancy } from '#db/tenancy'

const wordList = text(1000).transform((typed) => typed.split(/[\s,]+/).filter(Boolean))
const optionalInteger = (most: number) =>
  z
    .union([
      z.literal('').transform(() => undefined),
      z.coerce
        .number()
        .int('Type a whole number.')
        .min(1, 'At least 1.')
        .max(most, `At most ${most}.`),
    ])
    .optional()

export const startRun = operatorAction(
  z.object({
    canary: wordList.optional(),
    concurrency: optionalInteger(16),
    maxFailures: optionalInteger(1000),
  }),
  async ({ user }, { canary = [], concurrency, maxFailures }) => {
    const options = {
      ...(canary.length > 0 && { canary }),
      ...(concurrency && { concurrency }),
      ...(maxFailures && { maxFailures }),
    }
    const id = await requestRun(tenancy(), user.email, options)
    await recordAction(tenancy(), {
      actor: user.email,
      action: 'fleet run requested',
      detail: { run: id, ...options },
    })
    return { id }
  },
  { redirectTo: ({ id }) => `/console/fleet/runs/${id}` },
)

export const checkDrift = operatorAction(z.object({}), async ({ user }) => {
  const { violations } = await runChecks(tenancy(), 'drift', user.email)
  return { violations: violations.length }
})
