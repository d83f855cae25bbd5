import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { administratorUrl, declaredProfile } from '#db/cli/setup'
import { countUnsent } from '#db/mail/outbox'
import { platform, tenancy } from '#db/tenancy'
import { bySlug } from '@rowhouse/tenancy'
import {
  commandLine,
  reopenHome,
  restoreCheck,
  type Decision,
  type RestoreReport,
} from '@rowhouse/tenancy/admin'

export const run: RunCommand = async ({ values }) => {
  const profile = declaredProfile(values)
  const adminUrl = administratorUrl('restore-check')
  const { reopen } = values
  if (typeof reopen === 'string') {
    const { id } = await bySlug(platform(), reopen)
    await reopenHome(tenancy(), { tenantId: id, slug: reopen, actor: commandLine() })
  }
  const report = await restoreCheck(tenancy(), { adminUrl, profile })
  report.decisions.push(...(await unsentEmails()))
  return {
    text: describe(report),
    json: report,
    failed: report.findings.length + report.drift.length > 0,
  }
}

async function unsentEmails(): Promise<Decision[]> {
  const count = await countUnsent()
  if (count === 0) return []
  return [
    {
      subject: 'emails',
      what: `${count} were not sent when the backup was made, and may have been sent since`,
      todo: 'a worker sends them; to prevent that, delete them from platform.emails before it starts',
    },
  ]
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
      ['subject', 'what', 'what to do'],
      decisions.map(({ subject, what, todo }) => [subject, what, todo]),
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
