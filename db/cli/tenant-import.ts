import { commandLine } from '@rowhouse/tenancy/admin'
import type { RunCommand } from '#db/cli/commands'
import { progressLine } from '#db/cli/progress'
import { UsageError } from '#db/cli/usage-error'
import { checkArchive, importTenant, readArchiveMembers } from '@rowhouse/tenancy/data'
import { platform, tenancy } from '#db/tenancy'
import { tierNames } from '#db/tiers'
import * as users from '#db/accounts/users'

export const run: RunCommand = async ({ values, positionals: [path, ...rest] }) => {
  if (!path || rest.length > 0) throw new UsageError('give one file')
  const tier = tierNames.find((known) => known === values.tier)
  if (values.tier !== undefined && !tier)
    throw new UsageError(`the tier must be one of ${tierNames.join(', ')}, not ${values.tier}`)
  const line = progressLine()
  try {
    if (values.check) {
      const { manifest, rows } = await checkArchive(tenancy(), path, async (count) =>
        line.show(`checked ${count} rows`),
      )
      return {
        text: `${path} is valid: ${manifest.tenant.slug} as of ${manifest.exportedAt}, ${rows} rows`,
        json: { ...manifest.tenant, exportedAt: manifest.exportedAt, rows },
      }
    }
    if (typeof values.as !== 'string')
      throw new UsageError('give the slug of the new tenant: --as SLUG')
    const ownerId = await ownerFor(path, values.owner)
    const imported = await importTenant(
      tenancy(),
      { path, slug: values.as, ownerId, actor: commandLine(), ...(tier && { tier }) },
      async ({ state, table, rows }) => line.show(`${state} ${table} ${rows} rows`),
    )
    return {
      text: `tenant ${imported.slug} is ready (${imported.tier}) with ${imported.rows} rows, verified against the file`,
      json: imported,
    }
  } finally {
    line.end()
  }
}

async function ownerFor(path: string, option: unknown): Promise<string> {
  const email =
    typeof option === 'string' ? users.normalizeEmail(option) : await firstKnownOwner(path)
  const user = email === undefined ? undefined : await users.byEmail(platform(), email)
  if (user) return user.id
  if (typeof option === 'string' && email)
    return (await users.create(platform(), { email, name: email.split('@')[0] ?? email })).id
  throw new UsageError(
    'no owner in the file has an account here; give the owner of the new tenant: --owner EMAIL',
  )
}

/** The email address of the first owner in the export who has an account here. */
async function firstKnownOwner(path: string): Promise<string | undefined> {
  for await (const { role, email } of readArchiveMembers(path)) {
    if (role !== 'owner' || typeof email !== 'string') continue
    const normal = users.normalizeEmail(email)
    if (await users.byEmail(platform(), normal)) return normal
  }
  return undefined
}
