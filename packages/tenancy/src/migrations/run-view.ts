import { readRun } from '#tenancy/migrations/runs'
import { isId } from '#tenancy/base/ids'
import { NotFound } from '#tenancy/base/errors'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Reads a run for the console, with values that JSON can represent.
 * @param tenancy - The instance.
 * @param id - The id of the run. Any string is accepted.
 * @returns The run with its failures.
 * @throws NotFound
 */
export async function readRunView(tenancy: Tenancy, id: string) {
  if (!isId(id)) throw new NotFound('fleet run')
  const {
    options,
    requestedAt,
    startedAt,
    seenAt: _,
    endedAt,
    failures,
    ...run
  } = await readRun(tenancy, id)
  return {
    ...run,
    over: !['requested', 'running'].includes(run.state),
    canary: Array.isArray(options.canary) ? options.canary.map(String) : [],
    requestedAt: requestedAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    failures: failures.map(({ target, migration, statement, code, message }) => ({
      target,
      migration,
      statement,
      code,
      message,
    })),
  }
}
export type RunView = Awaited<ReturnType<typeof readRunView>>
