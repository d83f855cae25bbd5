'use server'

import { z } from 'zod'
import { operatorAction } from '#app/_actions/action'
import { runChecks } from '@rowhouse/tenancy/checks'
import { tenancy } from '#db/tenancy'

export const checkInvariants = operatorAction(z.object({}), async ({ user }) => {
  const { violations } = await runChecks(tenancy(), 'doctor', user.email)
  return { violations: violations.length }
})
