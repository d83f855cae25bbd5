import { and, eq, gt, sql } from 'drizzle-orm'
import { LinkInvalid } from '#db/errors'
import { newId, type PlatformDb, newSecret, secretHash } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { links, type LinkKind } from '#db/schema/accounts'

const hours: Record<LinkKind, number> = {
  'sign-up': 24,
  reset: 1,
  'old address': 24,
  'new address': 24,
}

export type Link = { email: string; detail: Record<string, string> }

/**
 * Creates a single-use link for an address.
 *
 * @returns The link's secret, which is in the email and stored nowhere.
 */
export async function create(
  db: PlatformDb,
  kind: LinkKind,
  email: string,
  detail: Record<string, string> = {},
): Promise<string> {
  const token = newSecret()
  await db.insert(links).values({
    id: newId(),
    kind,
    email,
    detail,
    tokenHash: secretHash(token),
    expiresAt: sql`now() + make_interval(hours => ${hours[kind]})`,
  })
  return token
}

/** Reads a link without using it; undefined when it no longer works. */
export async function find(kind: LinkKind, token: string): Promise<Link | undefined> {
  const [found] = await platform()
    .select({ email: links.email, detail: links.detail })
    .from(links)
    .where(isValid(kind, token))
  return found
}

/**
 * Uses a link: of several concurrent attempts, one succeeds. All other links of its kind and
 * address are deleted with it.
 *
 * @throws LinkInvalid
 */
export async function use(db: PlatformDb, kind: LinkKind, token: string): Promise<Link> {
  const [used] = await db
    .delete(links)
    .where(isValid(kind, token))
    .returning({ email: links.email, detail: links.detail })
  if (!used) throw new LinkInvalid()
  await db.delete(links).where(and(eq(links.kind, kind), eq(links.email, used.email)))
  return used
}

const isValid = (kind: LinkKind, token: string) =>
  and(
    eq(links.kind, kind),
    eq(links.tokenHash, secretHash(token)),
    gt(links.expiresAt, sql`clock_timestamp()`),
  )
