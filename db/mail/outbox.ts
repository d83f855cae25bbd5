import { count, desc, eq, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { newId, type PlatformDb, decrypt, encrypt } from '@rowhouse/tenancy'
import { renderEmail, type EmailContent, type RenderedEmail } from '#db/mail/render'
import { platform, tenancy } from '#db/tenancy'
import { emails } from '#db/schema/accounts'

const rendered = z.object({ subject: z.string(), text: z.string(), html: z.string() })

/**
 * Adds an email to the outbox, in the transaction of the change that it reports. Emails contain
 * secrets, so their content is stored encrypted and deleted once sent.
 */
export async function queueEmail(
  db: PlatformDb,
  email: { to: string; kind: string; content: EmailContent; tenantId?: string },
): Promise<void> {
  const id = newId()
  await db.insert(emails).values({
    id,
    tenantId: email.tenantId ?? null,
    recipient: email.to,
    kind: email.kind,
    encrypted: encrypt(tenancy(), JSON.stringify(renderEmail(email.content)), `email ${id}`),
  })
}

export const decryptEmail = (id: string, encrypted: string): RenderedEmail =>
  rendered.parse(JSON.parse(decrypt(tenancy(), encrypted, `email ${id}`)))

/** The newest emails, for the mailbox page in development. */
export async function newestEmails(limit = 50) {
  const rows = await platform()
    .select()
    .from(emails)
    .orderBy(desc(emails.createdAt), desc(emails.id))
    .limit(limit)
  return rows.map(({ encrypted, ...row }) => ({
    ...row,
    subject: encrypted ? decryptEmail(row.id, encrypted).subject : null,
  }))
}

/**
 * Reads an email with its content.
 *
 * @returns Undefined when it does not exist or was sent.
 */
export async function readEmail(id: string) {
  const [row] = await platform().select().from(emails).where(eq(emails.id, id))
  return row?.encrypted ? { ...row, content: decryptEmail(row.id, row.encrypted) } : undefined
}

/** The number of emails that a worker has yet to send. */
export async function countUnsent(): Promise<number> {
  const [row] = await platform()
    .select({ unsent: count() })
    .from(emails)
    .where(isNull(emails.sentAt))
  return row?.unsent ?? 0
}
