'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { runProbe, attackProbes } from '#db/product/attack-probes'
import { NotFound } from '@rowhouse/tenancy'
import { neighbourOf } from '#db/product/neighbour'

export const runAttackProbe = tenantAction(
  z.object({ name: z.string().max(40) }),
  async (tx, { name }, tenant) => {
    const probe = attackProbes.find((one) => one.name === name)
    if (!probe) throw new NotFound('this attempt')
    return runProbe(tx, probe, { ownId: tenant.id, neighbour: await neighbourOf(tenant.id) })
  },
  { revalidate: [] },
)
