import { commandLine } from '@rowhouse/tenancy/admin'
import type { RunCommand } from '#db/cli/commands'
import { onLine } from '#db/cli/progress'
import { UsageError } from '#db/cli/usage'
import { checkArchive, importTenant, membersIn } from '@rowhouse/tenancy/data'
import { platform, tenancy } from '#db/tenancy'
import { tierNames } from '#db/tiers'
import * as users from '#db/accounts/users'

export const run: RunCommand = async ({ values, positionals: [path, ...rest] }) => {
  if (!path || rest.length > 0) throw new UsageError('name one file')
  const tier = tierNames.find((known) => known === values.tier)
  if (values.tier !== undefined && !tier)
    throw new UsageError(`the tier is one of ${tierNames.join(', ')}, not ${values.tier}`)
  const line = onLine()
  try {
    if (values.check) {
      const { manifest, rows } = await checkArchive(tenancy(), path, async (count) =>
        line.show(`checked ${count} rows`),
      )
      return {
        text: `${path} is in order: ${manifest.tenant.slug} as of ${manifest.exportedAt}, ${rows} rows`,
        json: { ...manifest.tenant, exportedAt: manifest.exportedAt, rows },
      }
    }
    if (typeof values.as !== 'string')
      throw new UsageError('say what the new tenant shall be called: --as SLUG')
    const ownerId = await ownerFor(path, values.owner)
    const made = await importTenant(
      tenancy(),
      { path, slug: values.as, ownerId, actor: commandLine(), ...(tier && { tier }) },
      async ({ state, table, rows }) => line.show(`${state} ${table} ${rows} rows`),
    )
    return {
      text: `tenant ${made.slug} is ready (${made.tier}) with ${made.rows} rows, equal to those of the file`,
      json: made,
    }
  } finally {
    line.end()
  }
}

async function ownerFor(path: string, given: unknown): Promise<string> {
  const email =
    typeof given === 'string' ? users.normalizeEmail(given) : await firstKnownOwner(path)
  const user = email === undefined ? undefined : await users.byEmail(platform(), email)
  if (user) return user.id
  if (typeof given === 'string' && email)
    return (await users.create(platform(), { email, name: email.split('@')[0] ?? email })).id
  throw new UsageError(
    'none of the owners in the file has an account here; say who owns the new tenant: --owner EMAIL',
  )
}

/** The address of the first owner in an export who has an account here. */
async function firstKnownOwner(path: string): Promise<string | undefined> {
  for await (const { role, email } of membersIn(path)) {
    if (role !== 'owner' || typeof email !== 'string') continue
    const normal = users.normalizeEmail(email)
    if (await users.byEmail(platform(), normal)) return normal
  }
  return undefined
}
