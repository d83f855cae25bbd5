'use server'

import { z } from 'zod'
import { operatorAction } from '#app/_actions/action'
import { requiredText, text } from '#app/_actions/field-schemas'
import * as support from '#db/operators/support'
import { tenantOf } from '#db/operators/tenant-facts'

const reason = requiredText(500, 'Say why; the tenant sees it too.')
const minutes = z.coerce
  .number()
  .refine(
    (value) => support.visitMinutes.some((allowed) => allowed === value),
    'Choose for how long.',
  )

export const beginSupport = operatorAction(
  z.object({ slug: text(63), reason, minutes }),
  async (session, { slug, reason, minutes }) => {
    const tenant = await tenantOf(slug)
    await support.beginVisit(session, { tenantId: tenant.id, reason, minutes })
    return {}
  },
  { redirectTo: () => '/orders' },
)

export const allowSupportToWrite = operatorAction(
  z.object({ reason }),
  async (session, { reason }) => {
    await support.allowWriting(session, reason)
    return {}
  },
)

export const endSupport = operatorAction(
  z.object({}),
  async (session) => {
    await support.endVisit(session)
    return {}
  },
  { redirectTo: () => '/console/tenants' },
)
