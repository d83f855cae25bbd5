import { commandLine } from '@rowhouse/tenancy/admin'
import type { RunCommand } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage-error'
import { restoreTenant } from '@rowhouse/tenancy/data'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async ({ values: { from, yes }, positionals: [slug, ...rest] }) => {
  if (!slug || rest.length > 0) throw new UsageError('give the slug of one tenant')
  if (typeof from !== 'string') throw new UsageError('give the file to restore from: --from FILE')
  if (!yes)
    throw new UsageError(
      `this restores ${slug} from ${from}; changes made since the export will no longer be visible. Add --yes`,
    )
  const restored = await restoreTenant(tenancy(), slug, from, commandLine())
  return {
    text: `tenant ${slug} was restored from ${from}: ${restored.rows} rows, verified against the file\nits previous data is tenant ${restored.before.slug}, which has no members and will be erased in a week; \`tenant erase ${restored.before.slug} --undo\` keeps it`,
    json: restored,
  }
}
