import { desc, eq } from 'drizzle-orm'
import { z } from 'zod'
import { newId, type PlatformDb, decrypt, encrypt } from '@rowhouse/tenancy'
import { bodiesOf, type Bodies, type Letter } from '#db/mail/letter'
import { platform, tenancy } from '#db/tenancy'
import { mail } from '#db/schema/accounts'

const bodies = z.object({ subject: z.string(), text: z.string(), html: z.string() })

/**
 * Puts a mail into the outbox, in the transaction of what it tells of. It holds secrets, so it is
 * stored encrypted and forgotten once sent.
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
    encrypted: encrypt(tenancy(), JSON.stringify(bodiesOf(letter)), `mail ${id}`),
  })
}

export const decryptBodies = (id: string, encrypted: string): Bodies =>
  bodies.parse(JSON.parse(decrypt(tenancy(), encrypted, `mail ${id}`)))

/** The newest mails, for the mailbox page of a development machine. */
export async function newest(limit = 50) {
  const rows = await platform()
    .select()
    .from(mail)
    .orderBy(desc(mail.createdAt), desc(mail.id))
    .limit(limit)
  return rows.map(({ encrypted, ...row }) => ({
    ...row,
    subject: encrypted ? decryptBodies(row.id, encrypted).subject : null,
  }))
}

export async function read(id: string) {
  const [row] = await platform().select().from(mail).where(eq(mail.id, id))
  return row?.encrypted ? { ...row, bodies: decryptBodies(row.id, row.encrypted) } : undefined
}
