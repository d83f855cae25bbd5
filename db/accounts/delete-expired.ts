import { and, isNotNull, lt, or, sql } from 'drizzle-orm'
import { attempts, devices, emailChanges, invitations, links, emails } from '#db/schema/accounts'
import { sessions } from '#db/schema/platform'
import { platform } from '#db/tenancy'

const ago = (days: number) => sql`now() - make_interval(days => ${days})`

/**
 * Deletes expired sessions, links, invitations, emails and the like.
 *
 * @returns The number of deleted rows.
 */
export async function deleteExpired(): Promise<number> {
  const db = platform()
  const results = await Promise.all([
    db.delete(sessions).where(lt(sessions.expiresAt, ago(0))),
    db.delete(links).where(lt(links.expiresAt, ago(0))),
    db.delete(emailChanges).where(lt(emailChanges.expiresAt, ago(0))),
    db.delete(invitations).where(lt(invitations.expiresAt, ago(30))),
    db.delete(attempts).where(lt(attempts.at, ago(2))),
    db.delete(devices).where(lt(devices.usedAt, ago(365))),
    db
      .delete(emails)
      .where(
        and(
          lt(emails.createdAt, ago(30)),
          or(isNotNull(emails.sentAt), lt(emails.nextAttemptAt, ago(0))),
        ),
      ),
  ])
  return results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
}
