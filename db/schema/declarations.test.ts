import { expect, test } from 'vitest'
import { lifecycleProblems } from '@rowhouse/tenancy/testing'
import { tenancy } from '#db/tenancy'

test('every control-plane table declares what happens to its rows', async () => {
  expect(await lifecycleProblems(tenancy(), process.env.DATABASE_URL ?? '')).toEqual([])
})
