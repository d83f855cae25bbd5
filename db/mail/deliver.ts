import { and, asc, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
import { createTransport } from 'nodemailer'
import { env } from '#db/env'
import { decryptEmail } from '#db/mail/outbox'
import { platform } from '#db/tenancy'
import { emails } from '#db/schema/accounts'

export type Delivery = { sent: number; failed: number }
type Row = typeof emails.$inferSelect

const atOnce = 20
const mostTries = 12

/**
 * Sends what is due, and may run in several processes at once: each row is taken by one of them. An
 * email that cannot be sent is tried again after 30 s, then after twice as long each time, twelve
 * times. Without SMTP_URL nothing is sent and everything waits.
 */
export async function deliverMail(): Promise<Delivery> {
  const { SMTP_URL } = env()
  const result: Delivery = { sent: 0, failed: 0 }
  if (!SMTP_URL) return result
  const due = await take()
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
 * The next try is set before this one: a process that dies in between loses nothing, and at worst
 * sends once more.
 */
function take(): Promise<Row[]> {
  return platform().transaction(async (tx) => {
    const due = tx
      .select({ id: emails.id })
      .from(emails)
      .where(
        and(
          isNull(emails.sentAt),
          lte(emails.dueAt, sql`now()`),
          sql`${emails.encrypted} is not null`,
          sql`${emails.tries} < ${mostTries}`,
        ),
      )
      .orderBy(asc(emails.dueAt))
      .limit(atOnce)
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
  // the same id each time, so that an email sent twice can be told for one
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
