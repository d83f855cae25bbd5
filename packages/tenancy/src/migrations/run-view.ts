import { readRun } from '#db/fleet/runs'
import { isId } from '#db/id'
import { NotFound } from '#db/errors'

/** A run as people follow it: values fit for JSON. Throws NotFound. */
export async function readRunView(id: string) {
  if (!isId(id)) throw new NotFound('fleet run')
  const {
    options,
    requestedAt,
    startedAt,
    seenAt: _,
    endedAt,
    failures,
    ...run
  } = await readRun(id)
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
