'use server'

import { z } from 'zod'
import { tenantAction } from '#app/action'
import { attempt, breakIns } from '#db/isolation/breakins'
import { NotFound } from '#db/errors'
import { neighbourOf } from '#db/isolation/neighbour'

export const tryBreakIn = tenantAction(
  z.object({ name: z.string().max(40) }),
  async (tx, { name }, tenant) => {
    const breakIn = breakIns.find((one) => one.name === name)
    if (!breakIn) throw new NotFound('this attempt')
    return attempt(tx, breakIn, { ownId: tenant.id, neighbour: await neighbourOf(tenant.id) })
  },
  { redraw: [] },
)
