import { Invalid, newId, type PlatformDb } from '@rowhouse/tenancy'
import { LinkSpent } from '#db/errors'
import * as links from '#db/accounts/links'
import * as letters from '#db/mail/letters'
import { post } from '#db/mail/outbox'
import { checkPassword, hashPassword } from '#db/accounts/passwords'
import { addTenant } from '@rowhouse/tenancy/admin'
import { platform, tenancy } from '#db/tenancy'
import { slugsFor } from '#db/accounts/slugs'
import * as users from '#db/accounts/users'

/**
 * Sends the mail that a sign-up goes on with. An address that has an account gets another mail; the
 * work is the same, so that neither the answer nor its time tells. The password is chosen behind
 * the link: nobody sets one for a mailbox of somebody else.
 */
export async function request(input: {
  email: string
  name: string
  organisation: string
}): Promise<void> {
  const email = users.normalEmail(input.email)
  const name = input.name.trim()
  await platform().transaction(async (tx) => {
    const known = await users.byEmail(tx, email)
    const token = await links.create(tx, 'sign-up', email, {
      name,
      organisation: input.organisation.trim(),
    })
    await post(tx, email, 'sign-up', known ? letters.accountExists() : letters.signUp(token))
  })
}

/**
 * Makes the user, whose address is proven by the link, with a starter tenant. Returns the user's
 * id. Throws LinkSpent, Invalid.
 */
export async function finish(token: string, password: string): Promise<string> {
  const link = await links.find('sign-up', token)
  if (!link) throw new LinkSpent()
  const { name = link.email, organisation = name } = link.detail
  checkPassword(password, { email: link.email, name })
  const passwordHash = await hashPassword(password)
  return platform().transaction(async (tx) => {
    await links.use(tx, 'sign-up', token)
    const user = await users.create(tx, { email: link.email, name, verified: true })
    await users.setPassword(tx, user.id, passwordHash, { mailbox: true })
    await startTenant(tx, user.id, organisation)
    return user.id
  })
}

/** A starter tenant with the first free slug that fits its name: rows only, no DDL. */
export async function startTenant(
  db: PlatformDb,
  ownerId: string,
  name: string,
  region: { currency?: string; locale?: string } = {},
) {
  for (const slug of slugsFor(name)) {
    try {
      return await addTenant(tenancy(), db, newId(), {
        slug,
        name,
        ownerId,
        tier: 'starter',
        ...region,
      })
    } catch (error) {
      if (!(Invalid.is(error) && error.field === 'slug')) throw error
    }
  }
  throw new Invalid('name', 'This name is taken in every form; choose another.')
}
