import { commandLine } from '@rowhouse/tenancy/admin'
import type { RunCommand } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage'
import { restoreTenant } from '@rowhouse/tenancy/data'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async ({ values: { from, yes }, positionals: [slug, ...rest] }) => {
  if (!slug || rest.length > 0) throw new UsageError('name one tenant by its slug')
  if (typeof from !== 'string') throw new UsageError('say what from: --from FILE')
  if (!yes)
    throw new UsageError(
      `this puts ${slug} back to what it was in ${from}; what was written since goes out of sight. Say --yes`,
    )
  const made = await restoreTenant(tenancy(), slug, from, commandLine())
  return {
    text: `tenant ${slug} is what it was in ${from}: ${made.rows} rows, equal to those of the file\nwhat was there before is tenant ${made.before.slug}, with nobody in it; it is erased in a week unless \`tenant erase ${made.before.slug} --undo\``,
    json: made,
  }
}
