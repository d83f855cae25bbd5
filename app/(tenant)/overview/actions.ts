'use server'

import { z } from 'zod'
import { tenantAction } from '#app/action'
import { addSample } from '#db/product/beginnings'

export const addSampleData = tenantAction(z.object({}), (tx) => addSample(tx), {
  may: 'orders:write',
  then: () => '/orders',
})
