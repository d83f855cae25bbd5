import { and, asc, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
import { createTransport } from 'nodemailer'
import { env } from '#db/env'
import { decryptEmail } from '#db/mail/outbox'
import { platform } from '#db/tenancy'
import { emails } from '#db/schema/accounts'

export type DeliveryResult = { sent: number; failed: number }
type Row = typeof emails.$inferSelect

const batchSize = 20
const maxTries = 12

/**
 * Sends the emails that are due. Several processes may run it at the same time; each email is
 * claimed by one of them. A failed email is tried again after 30 seconds, then after twice as long
 * each time, twelve times in all. Without SMTP_URL nothing is sent and everything stays queued.
 */
export async function deliverMail(): Promise<DeliveryResult> {
  const { SMTP_URL } = env()
  const result: DeliveryResult = { sent: 0, failed: 0 }
  if (!SMTP_URL) return result
  const due = await claimDue()
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
 * Schedules the next try before the first one: if the process dies in between, the email is not
 * lost and is sent twice at worst.
 */
function claimDue(): Promise<Row[]> {
  return platform().transaction(async (tx) => {
    const due = tx
      .select({ id: emails.id })
      .from(emails)
      .where(
        and(
          isNull(emails.sentAt),
          lte(emails.dueAt, sql`now()`),
          sql`${emails.encrypted} is not null`,
          sql`${emails.tries} < ${maxTries}`,
        ),
      )
      .orderBy(asc(emails.dueAt))
      .limit(batchSize)
      .for('update', { skipLocked: true })
    return tx
      .update(emails)
      .set({
        tries: sql`${emails.tries} + 1`,
        dueAt: sql`now() + interval '30 seconds' * power(2, ${emails.tries})`,
      })
      .where(inArray(emails.id, due))
      .returning()
  })
}

function messageOf({ id, recipient, encrypted }: Row) {
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
