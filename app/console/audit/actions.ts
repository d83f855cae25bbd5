'use server'

import { z } from 'zod'
import { operatorAction } from '#app/action'
import { verifyAudit } from '#db/console/audit-trail'

export const checkAudit = operatorAction(z.object({}), () => verifyAudit(), { redraw: [] })
