import { and, eq } from 'drizzle-orm'
import { platform } from '#db/tenancy'
import { apiKeys, devices, identities, recoveryCodes, secondFactors } from '#db/schema/accounts'
import { sessions, users as userTable } from '#db/schema/platform'
import * as users from '#db/accounts/users'

/** Who somebody is elsewhere. `email` is set only when that provider says that it is verified. */
export type Identity = { provider: string; subject: string; email: string | null; name: string }

/** The user that an identity was linked to. */
export async function owner(provider: string, subject: string): Promise<string | undefined> {
  const [known] = await platform()
    .select({ userId: identities.userId })
    .from(identities)
    .where(and(eq(identities.provider, provider), eq(identities.subject, subject)))
  return known?.userId
}

/**
 * The user behind an identity: the one it was linked to, or the one with its verified address, or a
 * new one. Undefined when the provider does not vouch for the address. An account whose own address
 * was never proven may have been made by somebody who waits for its owner: whatever could let them
 * in is taken away before it is linked.
 */
export async function signInWith({
  provider,
  subject,
  email: given,
  name,
}: Identity): Promise<string | undefined> {
  const linked = await owner(provider, subject)
  if (linked) return linked
  if (given === null) return undefined
  const email = users.normalEmail(given)
  return platform().transaction(async (tx) => {
    const known = await users.byEmail(tx, email)
    const user =
      known ?? (await users.create(tx, { email, name: name.trim() || email, verified: true }))
    if (!user.emailVerifiedAt) {
      await tx
        .update(userTable)
        .set({ passwordHash: null, emailVerifiedAt: new Date() })
        .where(eq(userTable.id, user.id))
      for (const table of [sessions, devices, apiKeys, recoveryCodes, secondFactors, identities])
        await tx.delete(table).where(eq(table.userId, user.id))
    }
    await tx.insert(identities).values({ provider, subject, userId: user.id })
    return user.id
  })
}
