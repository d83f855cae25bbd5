import { and, asc, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
import { createTransport } from 'nodemailer'
import { env } from '#db/env'
import { decryptEmail } from '#db/mail/outbox'
import { platform } from '#db/tenancy'
import { emails } from '#db/schema/accounts'
import { nextAttemptAt } from '@rowhouse/tenancy'

export type DeliveryResult = { sent: number; failed: number }
type EmailRow = typeof emails.$inferSelect

const batchSize = 20
const maxAttempts = 12
const backoff = { firstMs: 30_000, maxMs: 6 * 3_600_000 }

/**
 * Sends the emails that are due. Several processes may run this at the same time; each email is
 * leased by one of them. Without SMTP_URL, all emails stay queued.
 *
 * @returns How many were sent, and how many failed.
 */
export async function sendDueEmails(): Promise<DeliveryResult> {
  const { SMTP_URL } = env()
  const result: DeliveryResult = { sent: 0, failed: 0 }
  if (!SMTP_URL) return result
  const due = await leaseDueEmails()
  if (due.length === 0) return result
  const transport = createTransport({
    url: SMTP_URL,
    pool: true,
    maxConnections: 3,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
  })
  try {
    await Promise.all(
      due.map(async (row) => {
        try {
          await transport.sendMail(messageOf(row))
          await platform()
            .update(emails)
            .set({ sentAt: sql`now()`, encrypted: null, lastError: null })
            .where(eq(emails.id, row.id))
          result.sent++
        } catch (error) {
          await platform()
            .update(emails)
            .set({
              lastError: String(error instanceof Error ? error.message : error).slice(0, 300),
            })
            .where(eq(emails.id, row.id))
          result.failed++
        }
      }),
    )
  } finally {
    transport.close()
  }
  return result
}

/**
 * Leases due emails by scheduling their next attempt before this one is made. If the process dies in
 * between, the email is sent twice at worst.
 */
function leaseDueEmails(): Promise<EmailRow[]> {
  return platform().transaction(async (tx) => {
    const due = tx
      .select({ id: emails.id })
      .from(emails)
      .where(
        and(
          isNull(emails.sentAt),
          lte(emails.nextAttemptAt, sql`now()`),
          sql`${emails.encrypted} is not null`,
          sql`${emails.attempts} < ${maxAttempts}`,
        ),
      )
      .orderBy(asc(emails.nextAttemptAt))
      .limit(batchSize)
      .for('update', { skipLocked: true })
    return tx
      .update(emails)
      .set({
        attempts: sql`${emails.attempts} + 1`,
        nextAttemptAt: nextAttemptAt(sql`${emails.attempts} + 1`, backoff),
      })
      .where(inArray(emails.id, due))
      .returning()
  })
}

function messageOf({ id, recipient, encrypted }: EmailRow) {
  const { MAIL_FROM, APP_URL } = env()
  const { subject, text, html } = decryptEmail(id, encrypted ?? '')
  // the same id each time, so that mail servers and clients recognise a duplicate
  return {
    from: MAIL_FROM,
    to: { name: '', address: recipient },
    subject,
    text,
    html,
    messageId: `<${id}@${new URL(APP_URL).hostname}>`,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
