import { notFound, redirect } from 'next/navigation'
import 'server-only'
import { formatsFor } from '#app/_format/formats'
import { auth, type Session } from '#app/_session/session'
import type { Formats } from '#components/formats'
import * as secondFactor from '#db/accounts/second-factor'

/**
 * The session of a current operator, read from the database. Everyone else gets "not found", and
 * an operator without the required second factor is redirected to set it up.
 */
export async function requireOperator(): Promise<Session> {
  const session = await auth()
  if (!session?.user.operator) notFound()
  if (await secondFactor.isMissing(session.user.id)) redirect('/account/security')
  return session
}

/** What every console page needs: the operator's session and formats. */
export async function consolePage(): Promise<{ session: Session; formats: Formats }> {
  const session = await requireOperator()
  return { session, formats: await formatsFor({ locale: 'en-GB', currency: 'EUR' }) }
}
