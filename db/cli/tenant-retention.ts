import { commandLine, record } from '#db/console/audit'
import type { Given, Outcome, Run } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage'
import * as holds from '#db/holds'
import { platform } from '#db/registry'
import { needsYes, preview } from '#db/retention/preview'
import { ageing, bounds, rulesOf, setRule } from '#db/retention/rules'
import { runRetentionOf } from '#db/retention/run'
import { current, decide, history } from '#db/retention/runs'
import type { RetentionStep, Tier } from '#db/schema/platform'
import { bySlug } from '#db/tenants'

type Tenant = { id: string; slug: string; tier: Tier }

export const run: Run = async (given) => {
  const {
    values,
    positionals: [slug, ...rest],
  } = given
  if (!slug || rest.length > 0) throw new UsageError('name one tenant by its slug')
  const tenant = await bySlug(platform(), slug)
  if (values.hold || values.lift) await changeHold(tenant, given)
  if (values.days !== undefined) await setRules(tenant, given)
  if (values.confirm || values.dismiss) await answer(tenant, values.confirm === true)
  if (values.preview) return previewed(tenant)
  return shown(tenant)
}

async function changeHold({ id: tenantId, slug }: Tenant, { values }: Given): Promise<void> {
  const reason = typeof values.reason === 'string' ? values.reason : 'asked for on the command line'
  const deed = { tenantId, slug, actor: commandLine(), reason }
  await (values.hold ? holds.hold(deed) : holds.lift(deed))
}

async function setRules({ id: tenantId, tier }: Tenant, { values }: Given): Promise<void> {
  const days = values.days === 'forever' ? null : Number(values.days)
  const tables =
    values.table === undefined ? ageing.map((one) => one.table) : [String(values.table)]
  await platform().transaction(async (tx) => {
    for (const name of tables)
      await setRule(tx, { tenantId, tier, table: name, days, by: commandLine() })
    await record(tx, {
      actor: commandLine(),
      deed: 'retention set',
      tenantId,
      detail: { tables, days },
    })
  })
}

async function answer({ id, slug }: Tenant, yes: boolean): Promise<void> {
  const waiting = await current(platform(), id)
  if (waiting?.state !== 'waiting') throw new UsageError(`no run of ${slug} waits for an answer`)
  await platform().transaction(async (tx) => {
    await decide(tx, id, waiting.id, yes, commandLine())
    await record(tx, {
      actor: commandLine(),
      deed: yes ? 'retention run confirmed' : 'retention run dismissed',
      tenantId: id,
      detail: { run: waiting.id },
    })
  })
  if (yes) await runRetentionOf(id)
}

async function previewed({ id, slug }: Tenant): Promise<Outcome> {
  const steps = await preview(id)
  return {
    text: `${stepsTable(steps)}${needsYes(steps) ? `\n\nthis is more than a fifth of a table: a run would wait for \`tenant retention ${slug} --confirm\`` : ''}`,
    json: { slug, steps, needsYes: needsYes(steps) },
  }
}

async function shown({ id, slug, tier }: Tenant): Promise<Outcome> {
  const [rules, runs, hold] = await Promise.all([
    rulesOf(platform(), id),
    history(platform(), id),
    holds.standing(platform(), id),
  ])
  const days = new Map(rules.map((rule) => [rule.table, rule.days]))
  const { least, most } = bounds[tier]
  const text = [
    hold
      ? `on legal hold since ${hold.at.toISOString()}: ${hold.reason}`
      : `not on hold; ${tier} may keep rows for ${least} to ${most} days`,
    table(
      ['table', 'by', 'kept'],
      ageing.map((one) => [
        one.table,
        one.by,
        days.has(one.table) ? `${days.get(one.table)} days` : 'for ever',
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
    json: { slug, hold: hold ?? null, bounds: bounds[tier], rules, runs },
  }
}

export const stepsTable = (steps: RetentionStep[]): string =>
  table(
    ['table', 'older than', 'rows', 'of'],
    steps.map((step) => [step.table, step.before, step.rows, step.of]),
  )
