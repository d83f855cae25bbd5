import type { RunCommand } from '#db/cli/commands'
import { verifyFleet, type Drift } from '@rowhouse/tenancy/migrations'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async () => {
  const { targets, drift, ms } = await verifyFleet(tenancy())
  const affected = new Set(drift.map(({ target }) => target))
  const text =
    drift.length === 0
      ? `${targets} targets match their migrations; ${ms} ms`
      : [
          ...drift.map(line),
          '',
          `${drift.length} differences in ${affected.size} of ${targets} targets`,
        ].join('\n')
  return { text, json: { targets, drift, ms }, failed: drift.length > 0 }
}

function line({ target, object, expected, found }: Drift): string {
  if (expected === null) return `${target}: ${object} should not be there: ${short(found ?? '')}`
  if (found === null) return `${target}: ${object} is missing: ${short(expected)}`
  const from = Math.max(0, firstDifference(expected, found) - 30)
  return `${target}: ${object} differs\n    expected ${short(expected.slice(from))}\n    found    ${short(found.slice(from))}`
}

const short = (text: string) => text.replace(/\s+/g, ' ').slice(0, 160)

function firstDifference(a: string, b: string): number {
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  return i
}
