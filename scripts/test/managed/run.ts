import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildGroup } from '../../children.mjs'
import { runCommand } from '../../commands.ts'
import { environment, type ManagedRun } from './context.ts'
import { models } from './models.ts'
import { startManagedServer } from './server.ts'
import { steps } from './steps.ts'

export type StepReport = { name: string; seconds: number; error?: string; skipped?: string }

/** Runs the steps on a new server, as its first administrator. Without `setup`, nothing else runs. */
export async function runOnManagedServer({
  model: modelName,
  major,
  children,
  short,
}: {
  model: string
  major: number
  children: ChildGroup
  short: boolean
}): Promise<StepReport[]> {
  const model = models[modelName]
  if (!model) throw new Error(`there is no model ${modelName}`)
  const name = `managed-${major}-${modelName}`
  const server = await startManagedServer(model, { name, major, children })
  const folder = mkdtempSync(join(tmpdir(), `rowhouse-${name}-`))
  const env = environment(model, server.adminUrls[0], folder)
  const run: ManagedRun = {
    name,
    model,
    major,
    server,
    children,
    short,
    env,
    folder,
    command: async (words, options = {}) =>
      JSON.parse(
        await runCommand([...words.split(' '), '--json'], {
          env,
          children,
          timeoutMs: 180_000,
          ...options,
        }),
      ),
  }
  const reports: StepReport[] = []
  try {
    for (const step of steps) {
      if (short && !step.short) continue
      const report = await perform(step, run)
      reports.push(report)
      if (step.name === 'setup' && report.error !== undefined) break
    }
  } finally {
    if (run.worker) await children.end(run.worker)
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return reports
}

async function perform(step: (typeof steps)[number], run: ManagedRun): Promise<StepReport> {
  const started = performance.now()
  const outcome = await step.run(run).catch((error: Error) => error)
  const seconds = (performance.now() - started) / 1000
  const line = (mark: string, detail: string) =>
    console.log(
      `  ${mark} ${step.name.padEnd(34)} ${seconds.toFixed(1).padStart(6)} s  ${detail}`.trimEnd(),
    )
  if (outcome instanceof Error) {
    line('✗', '')
    const lines = outcome.message.split('\n').slice(0, 25)
    for (const text of lines) console.log(`      ${text.slice(0, 400)}`)
    return { name: step.name, seconds, error: outcome.message }
  }
  if (typeof outcome === 'object') {
    line('-', `skipped: ${outcome.skipped}`)
    return { name: step.name, seconds, skipped: outcome.skipped }
  }
  line('✓', outcome)
  return { name: step.name, seconds }
}
