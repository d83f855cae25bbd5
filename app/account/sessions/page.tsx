import type { Metadata } from 'next'
import { formatsFor } from '#app/_format/formats'
import { requireUser } from '#app/_session/session'
import { ActiveSessions } from '#components/account/active-sessions'
import * as sessions from '#db/accounts/sessions'
import { endOtherSessions, endSession } from '../actions'

export const metadata: Metadata = { title: 'Sessions' }

export default async function SessionsPage() {
  const { id, user, tenant } = await requireUser()
  const formats = await formatsFor(tenant ?? { locale: 'en-GB', currency: 'EUR' })
  return (
    <ActiveSessions
      sessions={await sessions.ofUser(user.id)}
      current={id}
      formats={formats}
      end={endSession}
      endOthers={endOtherSessions}
    />
  )
}
