import { commandLine, recordAudit } from '@rowhouse/tenancy/admin'
import type { CommandInput, CommandResult, RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage-error'
import {
  holds,
  needsConfirmation,
  previewRetention,
  retentionColumns,
  rulesOf,
  setRule,
  runRetentionFor,
  currentRetentionRun,
  decideRetentionRun,
  listRetentionRuns,
} from '@rowhouse/tenancy/data'
import { platform, tenancy } from '#db/tenancy'
import type { RetentionStep } from '@rowhouse/tenancy/schema'
import { asTier, tiers, type Tier } from '#db/tiers'
import { bySlug } from '@rowhouse/tenancy'

type TenantWithTier = { id: string; slug: string; tier: Tier }

export const run: RunCommand = async (input) => {
  const {
    values,
    positionals: [slug, ...rest],
  } = input
  if (!slug || rest.length > 0) throw new UsageError('give the slug of one tenant')
  const found = await bySlug(platform(), slug)
  const tenant = { ...found, tier: asTier(found.tier) }
  if (values.hold || values.lift) await changeHold(tenant, input)
  if (values.days !== undefined) await setRules(tenant, input)
  if (values.confirm || values.dismiss) await decide(tenant, values.confirm === true)
  if (values.preview) return preview(tenant)
  return show(tenant)
}

async function changeHold(
  { id: tenantId, slug }: TenantWithTier,
  { values }: CommandInput,
): Promise<void> {
  const reason = typeof values.reason === 'string' ? values.reason : 'requested on the command line'
  const hold = { tenantId, slug, actor: commandLine(), reason }
  await (values.hold ? holds.hold(tenancy(), hold) : holds.lift(tenancy(), hold))
}

async function setRules(
  { id: tenantId, tier }: TenantWithTier,
  { values }: CommandInput,
): Promise<void> {
  const days = values.days === 'forever' ? null : Number(values.days)
  const tables =
    values.table === undefined
      ? retentionColumns(tenancy()).map((one) => one.table)
      : [String(values.table)]
  await platform().transaction(async (tx) => {
    for (const name of tables)
      await setRule(tenancy(), tx, { tenantId, tier, table: name, days, by: commandLine() })
    await recordAudit(tx, {
      actor: commandLine(),
      action: 'retention set',
      tenantId,
      detail: { tables, days },
    })
  })
}

async function decide({ id, slug }: TenantWithTier, confirm: boolean): Promise<void> {
  const waiting = await currentRetentionRun(platform(), id)
  if (waiting?.state !== 'waiting')
    throw new UsageError(`no retention run of ${slug} awaits confirmation`)
  await platform().transaction(async (tx) => {
    await decideRetentionRun(tx, {
      tenantId: id,
      runId: waiting.id,
      confirm,
      by: commandLine(),
    })
    await recordAudit(tx, {
      actor: commandLine(),
      action: confirm ? 'retention run confirmed' : 'retention run dismissed',
      tenantId: id,
      detail: { run: waiting.id },
    })
  })
  if (confirm) await runRetentionFor(tenancy(), id)
}

async function preview({ id, slug }: TenantWithTier): Promise<CommandResult> {
  const steps = await previewRetention(tenancy(), id)
  return {
    text: `${stepsTable(steps)}${needsConfirmation(steps) ? `\n\nmore than a fifth of a table would be deleted: the run will wait for \`tenant retention ${slug} --confirm\`` : ''}`,
    json: { slug, steps, needsYes: needsConfirmation(steps) },
  }
}

async function show({ id, slug, tier }: TenantWithTier): Promise<CommandResult> {
  const [rules, runs, hold] = await Promise.all([
    rulesOf(platform(), id),
    listRetentionRuns(platform(), id),
    holds.current(platform(), id),
  ])
  const days = new Map(rules.map((rule) => [rule.table, rule.days]))
  const { least, most } = tiers[tier].retentionDays
  const text = [
    hold
      ? `on legal hold since ${hold.at.toISOString()}: ${hold.reason}`
      : `not on legal hold; the tier ${tier} allows ${least} to ${most} days`,
    table(
      ['table', 'age column', 'kept for'],
      retentionColumns(tenancy()).map((one) => [
        one.table,
        one.column,
        days.has(one.table) ? `${days.get(one.table)} days` : 'forever',
      ]),
    ),
    table(
      ['run', 'state', 'deleted'],
      runs.map((run) => [
        run.plannedAt.toISOString(),
        run.state,
        run.steps.map((step) => `${step.table} ${step.deleted} of ${step.rows}`).join(', '),
      ]),
    ),
  ]
  return {
    text: text.join('\n\n'),
    json: { slug, hold: hold ?? null, bounds: tiers[tier].retentionDays, rules, runs },
  }
}

export const stepsTable = (steps: RetentionStep[]): string =>
  table(
    ['table', 'older than', 'rows', 'of'],
    steps.map((step) => [step.table, step.before, step.rows, step.of]),
  )
