import { describe, expect, test } from 'vitest'
import { checkFleet } from '#tenancy/checks/doctor'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

/** A violation: the check that finds it, SQL that causes it, SQL that repairs it, and its object. */
export type PlantedViolation = [
  check: string,
  name: string,
  breakIt: () => string,
  repair: () => string,
  object: () => string,
]

/** The objects in which a check finds violations. */
export const objectsOf = async (check: string): Promise<string[]> =>
  (await checkFleet(tenancy(), { drift: check === 'drift' })).findings
    .filter((finding) => finding.check === check)
    .map(({ object }) => object)

/**
 * Tests that the doctor finds each violation, and finds nothing after the repair.
 * @param run - Runs a statement as the administrator, in the main database.
 */
export function describeViolations(
  violations: PlantedViolation[],
  run: (text: string) => Promise<unknown>,
): void {
  describe.each(violations)('%s', (check, name, breakIt, repair, object) => {
    test(`${name} is found, named, and gone after the repair`, async () => {
      expect(await objectsOf(check)).toEqual([])
      await run(breakIt())
      try {
        expect(await objectsOf(check)).toContainEqual(object())
      } finally {
        await run(repair())
      }
      expect(await objectsOf(check)).toEqual([])
    })
  })
}
