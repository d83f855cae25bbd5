import { and, desc, eq } from 'drizzle-orm'
import { decryptBodies } from '#db/mail/outbox'
import { platform } from '#db/tenancy'
import { mail } from '#db/schema/accounts'

/**
 * The secret behind the "#" of the newest mail to an address. Throws when there is no such mail, or
 * no link in it.
 */
export async function newestToken(recipient: string): Promise<string> {
  const { text } = await newestMail(recipient)
  const [, token] = /#[a-z-]+\.([\w-]{43})/.exec(text) ?? []
  if (!token) throw new Error(`no link in the newest mail to ${recipient}: ${text}`)
  return token
}

export async function newestMail(recipient: string, kind?: string) {
  const [row] = await platform()
    .select()
    .from(mail)
    .where(and(eq(mail.recipient, recipient), kind ? eq(mail.kind, kind) : undefined))
    .orderBy(desc(mail.createdAt), desc(mail.id))
    .limit(1)
  if (!row?.encrypted) throw new Error(`no mail to ${recipient}`)
  return { kind: row.kind, ...decryptBodies(row.id, row.encrypted) }
}
