import { desc, eq } from 'drizzle-orm'
import { z } from 'zod'
import { newId } from '#db/id'
import { bodiesOf, type Bodies, type Letter } from '#db/mail/letter'
import { platform, type PlatformDb } from '#db/registry'
import { mail } from '#db/schema/accounts'
import { decrypt, encrypt } from '#db/secrets'

const bodies = z.object({ subject: z.string(), text: z.string(), html: z.string() })

/**
 * Puts a mail into the outbox, in the transaction of what it tells of. It holds secrets, so it is
 * stored sealed and forgotten once sent.
 */
export async function post(
  db: PlatformDb,
  recipient: string,
  kind: string,
  letter: Letter,
  tenantId: string | null = null,
): Promise<void> {
  const id = newId()
  await db.insert(mail).values({
    id,
    tenantId,
    recipient,
    kind,
    sealed: encrypt(JSON.stringify(bodiesOf(letter)), `mail ${id}`),
  })
}

export const unsealed = (id: string, sealed: string): Bodies =>
  bodies.parse(JSON.parse(decrypt(sealed, `mail ${id}`)))

/** The newest mails, for the mailbox page of a development machine. */
export async function newest(limit = 50) {
  const rows = await platform()
    .select()
    .from(mail)
    .orderBy(desc(mail.createdAt), desc(mail.id))
    .limit(limit)
  return rows.map(({ sealed, ...row }) => ({
    ...row,
    subject: sealed ? unsealed(row.id, sealed).subject : null,
  }))
}

export async function read(id: string) {
  const [row] = await platform().select().from(mail).where(eq(mail.id, id))
  return row?.sealed ? { ...row, bodies: unsealed(row.id, row.sealed) } : undefined
}
