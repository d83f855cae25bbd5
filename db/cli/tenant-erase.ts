import { commandLine } from '@rowhouse/tenancy/admin'
import type { CommandResult, RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage-error'
import { erasures, runErasure } from '@rowhouse/tenancy/data'
import { platform, tenancy } from '#db/tenancy'
import { bySlug } from '@rowhouse/tenancy'

export const run: RunCommand = async ({ values, positionals: [slug, ...rest] }) => {
  if (!slug || rest.length > 0) throw new UsageError('give the slug of one tenant')
  const tenant = await bySlug(platform(), slug)
  const actor = commandLine()
  if (values.undo) {
    await erasures.withdraw(tenancy(), tenant.id, actor)
    return { text: `tenant ${slug} will not be erased`, json: { slug, erased: false } }
  }
  if (!values.yes)
    throw new UsageError(
      `this permanently deletes ${slug} and everything about it. Add --yes, or --yes --after DAYS to be able to undo it`,
    )
  const days = values.after === undefined ? 0 : Number(values.after)
  if (!Number.isInteger(days) || days < 0 || days > 365)
    throw new UsageError(`--after takes whole days from 0 to 365, not ${values.after}`)
  const current = await erasures.current(platform(), tenant.id)
  if (current && days === 0 && current.startedAt === null)
    await erasures.withdraw(tenancy(), tenant.id, actor)
  const erasure = await erasures.request(tenancy(), tenant.id, { actor, userId: null }, days)
  if (erasure.dueAt.getTime() > Date.now() + 60_000)
    return {
      text: `tenant ${slug} will be erased after ${erasure.dueAt.toISOString()}; \`tenant erase ${slug} --undo\` stops it`,
      json: { slug, erased: false, dueAt: erasure.dueAt },
    }
  return erase(slug, erasure.id)
}

async function erase(slug: string, id: string): Promise<CommandResult> {
  const receipt = (await runErasure(tenancy(), id)) ?? {}
  return {
    text: `${table(['what', 'count'], Object.entries(receipt))}\n\ntenant ${slug} is erased; the receipt is ${id}`,
    json: { slug, erased: true, id, receipt },
  }
}
