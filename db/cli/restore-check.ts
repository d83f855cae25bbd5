import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { env } from '#db/env'
import { platform, tenancy } from '#db/tenancy'
import { bySlug, ConfigurationError } from '@rowhouse/tenancy'
import { commandLine, reopenHome, restoreCheck, type RestoreReport } from '@rowhouse/tenancy/admin'

export const run: RunCommand = async ({ values: { reopen } }) => {
  const adminUrl = env().DATABASE_URL
  if (!adminUrl)
    throw new ConfigurationError([
      'DATABASE_URL is missing; restore-check needs the connection string of an administrator of the restored server',
    ])
  if (typeof reopen === 'string') {
    const { id } = await bySlug(platform(), reopen)
    await reopenHome(tenancy(), { tenantId: id, slug: reopen, actor: commandLine() })
  }
  const report = await restoreCheck(tenancy(), { adminUrl })
  return {
    text: describe(report),
    json: report,
    failed: report.findings.length + report.drift.length > 0,
  }
}

function describe({ repairs, decisions, findings, drift, targets }: RestoreReport): string {
  const sections = [
    section(
      'repaired',
      ['database', 'what'],
      repairs.map(({ database, what }) => [database ?? 'server', what]),
    ),
    section(
      'to decide',
      ['tenant', 'what', 'what to do'],
      decisions.map(({ tenant, what, todo }) => [tenant, what, todo]),
    ),
    section(
      'doctor',
      ['check', 'target', 'object', 'why'],
      findings.map(({ check, target, object, why }) => [check, target, object, why]),
    ),
    section(
      'fleet verify',
      ['target', 'object'],
      drift.map(({ target, object }) => [target, object]),
    ),
  ]
  const result =
    findings.length + drift.length > 0
      ? `not complete: ${findings.length} violations, ${drift.length} differences`
      : `complete: every invariant holds, and ${targets} targets match their migrations`
  return [...sections.flat(), repairs.length > 0 ? result : `nothing to repair; ${result}`].join(
    '\n\n',
  )
}

const section = (title: string, head: string[], rows: string[][]): string[] =>
  rows.length === 0 ? [] : [`${title}\n${table(head, rows)}`]
