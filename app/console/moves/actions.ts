'use server'

import { z } from 'zod'
import { operatorAction } from '#app/action'
import { requiredText, text } from '#app/form-fields'
import {
  requestAbandon,
  requestAbort,
  requestConfirm,
  requestRollback,
  requestTidying,
} from '#db/move/request'
import { tenantOf } from '#db/console/tenant-facts'

const slug = text(63)
const reason = requiredText(500, 'Say why, for those who read the audit trail later.')

export const abortMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestAbort((await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const abandonMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestAbandon((await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const tidyMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestTidying((await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const confirmMove = operatorAction(z.object({ slug }), async ({ user }, { slug }) => {
  await requestConfirm((await tenantOf(slug)).id, slug, user.email)
  return {}
})

export const rollBackMove = operatorAction(
  z.object({ slug, reason }),
  async ({ user }, { slug, reason }) =>
    requestRollback((await tenantOf(slug)).id, slug, user.email, reason),
  { then: (move) => `/console/moves/${move.id}` },
)
