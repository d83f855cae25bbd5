'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { attempt, breakIns } from '#db/product/attack-probes'
import { NotFound } from '@rowhouse/tenancy'
import { neighbourOf } from '#db/product/neighbour'

export const runAttackProbe = tenantAction(
  z.object({ name: z.string().max(40) }),
  async (tx, { name }, tenant) => {
    const breakIn = breakIns.find((one) => one.name === name)
    if (!breakIn) throw new NotFound('this attempt')
    return attempt(tx, breakIn, { ownId: tenant.id, neighbour: await neighbourOf(tenant.id) })
  },
  { redraw: [] },
)
