'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { addSample } from '#db/product/first-orders'

export const addSampleData = tenantAction(z.object({}), (tx) => addSample(tx), {
  may: 'orders:write',
  redirectTo: () => '/orders',
})
