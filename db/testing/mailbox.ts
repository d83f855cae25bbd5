import { and, desc, eq } from 'drizzle-orm'
import { decryptEmail } from '#db/mail/outbox'
import { platform } from '#db/tenancy'
import { emails } from '#db/schema/accounts'

/**
 * Reads the secret of the link in the newest email to an address.
 *
 * @throws Error when there is no such email, or it has no link.
 */
export async function newestToken(recipient: string): Promise<string> {
  const { text } = await newestEmail(recipient)
  const [, token] = /#[a-z-]+\.([\w-]{43})/.exec(text) ?? []
  if (!token) throw new Error(`no link in the newest email to ${recipient}: ${text}`)
  return token
}

/** Decrypts the newest email to an address. */
export async function newestEmail(recipient: string, kind?: string) {
  const [row] = await platform()
    .select()
    .from(emails)
    .where(and(eq(emails.recipient, recipient), kind ? eq(emails.kind, kind) : undefined))
    .orderBy(desc(emails.createdAt), desc(emails.id))
    .limit(1)
  if (!row?.encrypted) throw new Error(`no email to ${recipient}`)
  return { kind: row.kind, ...decryptEmail(row.id, row.encrypted) }
}
