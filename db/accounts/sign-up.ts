import { defaultTier } from '#db/tiers'
import { Invalid, newId, type PlatformDb } from '@rowhouse/tenancy'
import { LinkInvalid } from '#db/errors'
import * as links from '#db/accounts/links'
import * as templates from '#db/mail/templates'
import { queueEmail } from '#db/mail/outbox'
import { validatePassword, hashPassword } from '#db/accounts/passwords'
import { addTenant } from '@rowhouse/tenancy/admin'
import { platform, tenancy } from '#db/tenancy'
import { slugsFor } from '#db/accounts/slugs'
import * as users from '#db/accounts/users'

/**
 * Emails the link that completes a sign-up. An address that already has an account gets a different
 * email; the response and the time it takes are the same, so that they do not reveal which
 * addresses have accounts. The password is chosen behind the link, so that nobody can set one for
 * another person's mailbox.
 */
export async function request(input: {
  email: string
  name: string
  organisation: string
}): Promise<void> {
  const email = users.normalizeEmail(input.email)
  const name = input.name.trim()
  await platform().transaction(async (tx) => {
    const known = await users.byEmail(tx, email)
    const token = await links.create(tx, 'sign-up', email, {
      name,
      organisation: input.organisation.trim(),
    })
    await queueEmail(tx, {
      to: email,
      kind: 'sign-up',
      content: known ? templates.accountExists() : templates.signUp(token),
    })
  })
}

/**
 * Creates the user, whose address the link proves, and their first tenant.
 *
 * @returns The user's id.
 * @throws LinkInvalid, Invalid
 */
export async function finish(token: string, password: string): Promise<string> {
  const link = await links.find('sign-up', token)
  if (!link) throw new LinkInvalid()
  const { name = link.email, organisation = name } = link.detail
  await validatePassword(password, { email: link.email, name, tenants: [organisation] })
  const passwordHash = await hashPassword(password)
  return platform().transaction(async (tx) => {
    await links.use(tx, 'sign-up', token)
    const user = await users.create(tx, { email: link.email, name, verified: true })
    await users.setPassword(tx, user.id, passwordHash, { mailbox: true })
    await startTenant(tx, user.id, organisation)
    return user.id
  })
}

/**
 * Creates a starter tenant with the first free slug for its name. It lives in the shared schema, so
 * this inserts rows and runs no DDL.
 */
export async function startTenant(
  db: PlatformDb,
  ownerId: string,
  name: string,
  region: { currency?: string; locale?: string } = {},
) {
  for (const slug of slugsFor(name)) {
    try {
      return await addTenant(tenancy(), db, {
        id: newId(),
        slug,
        name,
        ownerId,
        tier: defaultTier,
        ...region,
      })
    } catch (error) {
      if (!(Invalid.is(error) && error.field === 'slug')) throw error
    }
  }
  throw new Invalid('name', 'This name is taken in every form; choose another.')
}
