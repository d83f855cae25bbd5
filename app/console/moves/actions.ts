'use server'

import { z } from 'zod'
import { operatorAction } from '#app/_actions/action'
import { requiredText, text } from '#app/_actions/field-schemas'
import {
  requestAbandon,
  requestAbort,
  requestConfirm,
  requestRollback,
  requestTidying,
} from '@rowhouse/tenancy/moves'
import { tenantOf } from '#db/operators/tenant-facts'
import { tenancy } from '#db/tenancy'

const slug = text(63)
const reason = requiredText(500, 'Say why, for those who read the audit trail later.')

export const abortMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestAbort(tenancy(), (await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const abandonMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestAbandon(tenancy(), (await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const cleanUpMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestTidying(tenancy(), (await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const confirmMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestConfirm(tenancy(), (await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const rollBackMove = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) =>
    requestRollback(tenancy(), (await tenantOf(slug)).id, slug, user.email, reason),
  { redirectTo: (move) => `/console/moves/${move.id}` },
)
