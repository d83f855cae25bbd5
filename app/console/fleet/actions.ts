'use server'

import { z } from 'zod'
import { operatorAction } from '#app/action'
import { text } from '#app/form-fields'
import { recordDeed } from '#db/console/audit'
import { examineNow } from '#db/doctor/examinations'
import { requestRun } from '#db/fleet/runs'

const words = text(1000).transform((typed) => typed.split(/[\s,]+/).filter(Boolean))
const whole = (most: number) =>
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
  z.object({ canary: words.optional(), concurrency: whole(16), maxFailures: whole(1000) }),
  async ({ user }, { canary = [], concurrency, maxFailures }) => {
    const options = {
      ...(canary.length > 0 && { canary }),
      ...(concurrency && { concurrency }),
      ...(maxFailures && { maxFailures }),
    }
    const id = await requestRun(user.email, options)
    await recordDeed({
      actor: user.email,
      deed: 'fleet run requested',
      detail: { run: id, ...options },
    })
    return { id }
  },
  { then: ({ id }) => `/console/fleet/runs/${id}` },
)

export const examineDrift = operatorAction(z.object({}), async ({ user }) => {
  const { offenders } = await examineNow('drift', user.email)
  return { offenders: offenders.length }
})
