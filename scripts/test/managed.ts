import { parseArgs } from 'node:util'
import { models } from './managed/models.ts'
import { runOnManagedServer, type StepReport } from './managed/run.ts'
import { failure, type TestStepContext, type TestStepResult } from './step-result.ts'

const majors = ['15', '16', '17', '18']

type Row = { model: string; major: string; steps: StepReport[] }

/**
 * Runs Rowhouse on servers without a superuser: as each provider's administrator, on each version of
 * PostgreSQL. `--model rds,neon --version 16` selects; `--short` is what `npm test` runs.
 */
export async function managedServers({ children, args }: TestStepContext): Promise<TestStepResult> {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      version: { type: 'string' },
      short: { type: 'boolean', default: false },
    },
  })
  const chosenModels = chosen(values.model, values.short ? ['rds'] : Object.keys(models), 'model')
  const chosenMajors = chosen(values.version, values.short ? ['18'] : majors, 'version')
  const rows: Row[] = []
  for (const major of chosenMajors)
    for (const model of chosenModels) {
      console.log(`\n${models[model]?.provider}, PostgreSQL ${major}`)
      const steps = await runOnManagedServer({
        model,
        major: Number(major),
        children,
        short: values.short,
      })
      rows.push({ model, major, steps })
    }
  if (rows.length > 1) console.log(`\n${matrix(rows)}`)
  const all = rows.flatMap(({ model, major, steps }) =>
    steps.map((step) => ({ ...step, title: `managed ${model} ${major} › ${step.name}` })),
  )
  const failed = all.filter(({ error }) => error !== undefined)
  const skipped = all.filter((step) => step.skipped !== undefined)
  return {
    passed: all.length - failed.length - skipped.length,
    failed: failed.length,
    failures: failed.map(({ title, error }) => failure(title, error)),
    detail: [...new Set(skipped.map((step) => `${step.name} skipped: ${step.skipped}`))].join('; '),
  }
}

function chosen(option: string | undefined, all: string[], name: 'model' | 'version'): string[] {
  if (option === undefined) return all
  const known = name === 'model' ? Object.keys(models) : majors
  const unknown = option.split(',').filter((one) => !known.includes(one))
  if (unknown.length > 0)
    throw new Error(`there is no ${name} ${unknown.join(', ')}; choose from ${known.join(', ')}`)
  return option.split(',')
}

/** One line for each step, one column for each server. */
function matrix(rows: Row[]): string {
  const names = [...new Set(rows.flatMap(({ steps }) => steps.map(({ name }) => name)))]
  const width = Math.max(...names.map((name) => name.length))
  const heads = rows.map(({ model, major }) => `${model} ${major}`)
  const lines = names.map((name) =>
    [
      name.padEnd(width),
      ...rows.map(({ steps }, i) => {
        const step = steps.find((one) => one.name === name)
        return cell(step).padStart(heads[i]?.length ?? 0)
      }),
    ].join('  '),
  )
  return [`${' '.repeat(width)}  ${heads.join('  ')}`, ...lines].join('\n')
}

function cell(step: StepReport | undefined): string {
  if (step === undefined) return '-'
  if (step.error !== undefined) return 'FAILED'
  return step.skipped === undefined ? `${step.seconds.toFixed(1)} s` : 'skipped'
}
