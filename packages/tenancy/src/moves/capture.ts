import { withFence } from '#tenancy/moves/fence'
import type { MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { readHome, transition } from '#tenancy/moves/tenant-home'

/**
 * Has every change of the tenant logged: all transactions that are open end first, and all that
 * come after are armed.
 */
export async function capture(run: MoveRun): Promise<void> {
  const { move } = run
  const source = await run.source()
  if ((await readHome(source, run))?.state === 'copying') return
  const { result, pauseMs } = await withFence(run, source, async () => ({
    result: await transition(source, run, 'active', 'copying', move.source.epoch),
  }))
  if (!result)
    throw new Error(
      `tenant ${run.slug} is not active in ${move.source.schema} under epoch ${move.source.epoch}; if an earlier move was force-finished, run \`tenant move ${run.slug} --resume\` first`,
    )
  await run.event('capture_armed', '', { tookMs: pauseMs })
  await failpoint('capture armed')
}
