'use server'

import { z } from 'zod'
import { operatorAction } from '#app/_actions/action'
import { requiredText, text } from '#app/_actions/field-schemas'
import {
  requestForceFinish,
  requestAbort,
  requestConfirm,
  requestRollback,
  requestResume,
} from '@rowhouse/tenancy/moves'
import { tenantOf } from '#db/operators/tenant-facts'
import { tenancy } from '#db/tenancy'

const slug = text(63)
const reason = requiredText(500, 'Say why, for those who read the audit trail later.')

export const abortMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestAbort(tenancy(), await actionBy(user.email, slug))
  return {}
})

export const confirmMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestConfirm(tenancy(), await actionBy(user.email, slug))
  return {}
})

export const forceFinishMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestForceFinish(tenancy(), await actionBy(user.email, slug))
  return {}
})

export const resumeMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestResume(tenancy(), await actionBy(user.email, slug))
  return {}
})

export const rollBackMove = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) =>
    requestRollback(tenancy(), { ...(await actionBy(user.email, slug)), reason }),
  { redirectTo: (move) => `/console/moves/${move.id}` },
)

const actionBy = async (actor: string, slug: string) => ({
  tenantId: (await tenantOf(slug)).id,
  slug,
  actor,
})
