import { rename, rm } from 'node:fs/promises'
import { commandLine, recordAudit } from '@rowhouse/tenancy/admin'
import type { RunCommand } from '#db/cli/commands'
import { progressLine } from '#db/cli/progress'
import { UsageError } from '#db/cli/usage-error'
import { writeExport } from '@rowhouse/tenancy/data'
import { placementOf, bySlug } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'

export const run: RunCommand = async ({ values: { out }, positionals: [slug, ...rest] }) => {
  if (!slug || rest.length > 0) throw new UsageError('give the slug of one tenant')
  if (typeof out !== 'string') throw new UsageError('give the file to write: --out FILE')
  const tenant = await bySlug(platform(), slug)
  const partial = `${out}.part`
  const line = progressLine()
  try {
    const manifest = await writeExport(
      tenancy(),
      await placementOf(tenancy(), tenant.id),
      { path: partial, reason: 'Export on the command line' },
      async ({ table, rowsDone, rowsTotal }) =>
        line.show(`${table}: ${rowsDone} of ${rowsTotal} rows`),
    )
    await rename(partial, out)
    await recordAudit(platform(), {
      actor: commandLine(),
      action: 'tenant exported',
      tenantId: tenant.id,
    })
    const tables = Object.fromEntries(manifest.tables.map(({ name, rows }) => [name, rows]))
    const rows = Object.values(tables).reduce((sum, count) => sum + count, 0)
    return {
      text: `${out}: ${rows} rows in ${manifest.tables.length} tables`,
      json: { slug, file: out, rows, tables },
    }
  } finally {
    line.end()
    await rm(partial, { force: true })
  }
}
