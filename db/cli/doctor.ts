import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { checkFleet } from '@rowhouse/tenancy/checks'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async () => {
  const report = await checkFleet(tenancy(), { drift: true })
  const { findings, notes, targets } = report
  const databases = `${targets.length} ${targets.length === 1 ? 'database' : 'databases'}`
  const text = [
    findings.length === 0
      ? `every invariant holds on ${databases}`
      : table(
          ['check', 'target', 'object', 'why'],
          findings.map(({ check, target, object, why }) => [check, target, object, why]),
        ),
    ...describeNotes(notes, targets.length),
  ].join('\n')
  return { text, json: report, failed: findings.length > 0 }
}

type Note = Awaited<ReturnType<typeof checkFleet>>['notes'][number]

/** One line for the same note in several databases. */
function describeNotes(notes: Note[], databases: number): string[] {
  if (notes.length === 0) return []
  const groups = Map.groupBy(notes, ({ object, why }) => JSON.stringify([object, why]))
  const lines = [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return []
    const count = others.length + 1
    const where =
      count === databases
        ? ''
        : ` (in ${[first, ...others].map(({ target }) => target).join(', ')})`
    return `  ${first.object}: ${first.why}${where}`
  })
  return ['', 'accepted by the profile managed:', ...lines]
}
