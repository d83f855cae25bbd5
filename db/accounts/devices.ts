import { and, eq, sql } from 'drizzle-orm'
import { platform } from '#db/tenancy'
import { devices } from '#db/schema/accounts'
import { newSecret, secretHash } from '@rowhouse/tenancy'

/** Whether this user has signed in with this browser before. */
export async function isKnown(
  device: string | undefined,
  userId: string | undefined,
): Promise<boolean> {
  if (!device || !userId) return false
  const [found] = await platform()
    .select({ userId: devices.userId })
    .from(devices)
    .where(and(eq(devices.tokenHash, secretHash(device)), eq(devices.userId, userId)))
  return found !== undefined
}

/**
 * Remembers that a user has signed in with this browser.
 *
 * @returns The secret for its cookie: the same one for the same user, a new one otherwise.
 */
export async function remember(device: string | undefined, userId: string): Promise<string> {
  if (device && (await isKnown(device, userId))) {
    await platform()
      .update(devices)
      .set({ usedAt: sql`now()` })
      .where(eq(devices.tokenHash, secretHash(device)))
    return device
  }
  const secret = newSecret()
  await platform()
    .insert(devices)
    .values({ tokenHash: secretHash(secret), userId })
  return secret
}
