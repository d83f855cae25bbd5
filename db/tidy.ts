import { and, eq, exists, gt, inArray, isNotNull, lt, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { connected } from '#db/connect'
import { mainPlace } from '#db/fleet/connections'
import { placesElsewhere } from '#db/fleet/elsewhere'
import { platform, serviceUrl } from '#db/registry'
import { attempts, devices, emailChanges, invitations, links, mail } from '#db/schema/accounts'
import { examinations } from '#db/schema/console'
import { exports, retentionRuns, sessions, usage } from '#db/schema/platform'

/**
 * Deletes what has run out and nobody will ask for again. An hourly job; returns how many rows
 * went.
 */
export async function tidy(): Promise<number> {
  const db = platform()
  const ago = (days: number) => sql`now() - make_interval(days => ${days})`
  const newer = alias(examinations, 'newer')
  const gone = await Promise.all([
    db.delete(sessions).where(lt(sessions.expiresAt, ago(0))),
    db.delete(links).where(lt(links.expiresAt, ago(0))),
    db.delete(emailChanges).where(lt(emailChanges.expiresAt, ago(0))),
    db.delete(invitations).where(lt(invitations.expiresAt, ago(30))),
    db.delete(attempts).where(lt(attempts.at, ago(2))),
    db.delete(devices).where(lt(devices.usedAt, ago(365))),
    db
      .delete(mail)
      .where(and(lt(mail.createdAt, ago(30)), or(isNotNull(mail.sentAt), lt(mail.dueAt, ago(0))))),
    // the newest of each kind is what the console shows
    db.delete(examinations).where(
      and(
        lt(examinations.at, ago(90)),
        exists(
          db
            .select({ id: newer.id })
            .from(newer)
            .where(and(eq(newer.kind, examinations.kind), gt(newer.at, examinations.at))),
        ),
      ),
    ),
    db.delete(usage).where(lt(usage.hour, ago(400))),
    db.delete(retentionRuns).where(lt(retentionRuns.endedAt, ago(400))),
    // a finished one has a file, which goes first
    db
      .delete(exports)
      .where(and(inArray(exports.state, ['failed', 'expired']), lt(exports.endedAt, ago(400)))),
  ])
  return gone.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
}

/**
 * Deletes what services noted of entries long ago, in each database that holds tenants. One that is
 * away is named, and the rest go on.
 */
export async function pruneEntries(stopping?: AbortSignal): Promise<void> {
  for (const place of [mainPlace, ...(await placesElsewhere()).values()]) {
    if (stopping?.aborted) return
    await connected(serviceUrl('worker', place), (client) =>
      client.query('select tenancy.prune_entries()'),
    ).catch((error: unknown) =>
      console.error(
        `old entries of ${place.database ?? 'the main database'} stay: ${error instanceof Error ? error.message : String(error)}`,
      ),
    )
  }
}
