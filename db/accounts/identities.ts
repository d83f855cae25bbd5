import { and, eq } from 'drizzle-orm'
import { platform } from '#db/tenancy'
import { apiKeys, devices, identities, recoveryCodes, secondFactors } from '#db/schema/accounts'
import { sessions, users as userTable } from '#db/schema/platform'
import * as users from '#db/accounts/users'

/** An account at an OAuth provider. `email` is null unless the provider has verified it. */
export type Identity = { provider: string; subject: string; email: string | null; name: string }

/** The user that an identity is linked to. */
export async function linkedUser(provider: string, subject: string): Promise<string | undefined> {
  const [identity] = await platform()
    .select({ userId: identities.userId })
    .from(identities)
    .where(and(eq(identities.provider, provider), eq(identities.subject, subject)))
  return identity?.userId
}

/**
 * Finds the user of an identity: the linked one, the one with its verified address, or a new one.
 *
 * An account whose own address was never verified may have been created by an attacker who waits
 * for the address's owner to sign in. Everything that could let the attacker in is deleted before
 * such an account is linked.
 *
 * @returns The user's id; undefined when the provider has not verified the address.
 */
export async function signInWith({
  provider,
  subject,
  email: verifiedEmail,
  name,
}: Identity): Promise<string | undefined> {
  const linked = await linkedUser(provider, subject)
  if (linked) return linked
  if (verifiedEmail === null) return undefined
  const email = users.normalizeEmail(verifiedEmail)
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
