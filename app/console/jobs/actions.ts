'use server'

import { z } from 'zod'
import { operatorAction } from '#app/action'
import { id } from '#app/form-fields'
import { recordDeed } from '#db/console/audit'
import { NotFound } from '#db/errors'
import { retryJob } from '#db/console/job-list'

export const retryQueued = operatorAction(
  z.object({ id: id('This job does not exist.') }),
  async ({ user }, { id }) => {
    if (!(await retryJob(id))) throw new NotFound('failed job')
    await recordDeed({ actor: user.email, deed: 'job retried', detail: { job: id } })
    return {}
  },
)
