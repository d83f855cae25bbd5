'use server'

import { z } from 'zod'
import { operatorAction } from '#app/_actions/action'
import { verifyAudit } from '@rowhouse/tenancy/admin'
import { tenancy } from '#db/tenancy'

export const checkAudit = operatorAction(z.object({}), () => verifyAudit(tenancy()), {
  revalidate: [],
})
