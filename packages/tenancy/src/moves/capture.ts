import { failpoint } from '#tenancy/moves/failpoints'
import { withFence } from '#tenancy/moves/fence'
import type { MoveRun } from '#tenancy/moves/move-run'
import { readHome, transition } from '#tenancy/moves/tenant-home'

/**
 * Starts logging every change of the tenant. Waits until all open transactions have ended, so that
 * every later one runs with the capture trigger active.
 */
export async function capture(run: MoveRun): Promise<void> {
  const { epoch, schema } = run.move.source
  const source = await run.source()
  if ((await readHome(source, run))?.state === 'copying') return
  const { result: isArmed, pauseMs } = await withFence(run, source, async () => ({
    result: await transition(source, run, { from: 'active', to: 'copying', epoch }),
  }))
  if (!isArmed)
    throw new Error(
      `tenant ${run.slug} is not active in schema ${schema} under epoch ${epoch}; if an earlier move was force-finished, run \`tenant move ${run.slug} --resume\` first`,
    )
  await run.event('capture_armed', '', { tookMs: pauseMs })
  await failpoint('capture armed')
}
