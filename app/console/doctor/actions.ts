'use server'

import { z } from 'zod'
import { operatorAction } from '#app/action'
import { examineNow } from '#db/doctor/examinations'

export const examineInvariants = operatorAction(z.object({}), async ({ user }) => {
  const { offenders } = await examineNow('doctor', user.email)
  return { offenders: offenders.length }
})
