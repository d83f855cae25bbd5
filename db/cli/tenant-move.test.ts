import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '#db/cli/tenant-move'
import { UsageError } from '#db/cli/usage-error'
import { createTestTenant, type TestTenant } from '#db/isolation/testing/test-tenants'
import { latestMove, readMove, type Move } from '@rowhouse/tenancy/moves'
import { closePools } from '@rowhouse/tenancy'
import { runMove } from '@rowhouse/tenancy/testing'
import { tenancy } from '#db/tenancy'

let tenant: TestTenant
beforeAll(async () => void (tenant = await createTestTenant('shared', 'moved', 5)))
afterAll(() => closePools(tenancy()))

const move = (values: Record<string, string | boolean>) =>
  run({ values: { ...values, json: true }, positionals: [tenant.slug] })

async function requestedMove(): Promise<Move> {
  for (;;) {
    const found = await latestMove(tenancy(), tenant.id)
    if (found) return found
    await sleep(10)
  }
}

test('when a move is aborted, --abort --wait succeeds and --to --wait fails', async () => {
  const following = move({ to: 'schema', wait: true })
  const requested = await requestedMove()
  expect(requested).toMatchObject({ tierFrom: 'starter', tierTo: 'starter' })
  const aborting = move({ abort: true, wait: true })
  while ((await readMove(tenancy(), requested.id)).abortBy === null) await sleep(10)
  await runMove(tenancy(), requested)
  expect(await aborting).toMatchObject({ failed: false, json: { state: 'aborted' } })
  expect(await following).toMatchObject({ failed: true, json: { id: requested.id } })
})

test('--dry-run is refused with any option but --to', async () => {
  const before = await latestMove(tenancy(), tenant.id)
  for (const option of ['abort', 'confirm', 'rollback', 'force-finish', 'resume', 'status'])
    await expect(move({ [option]: true, 'dry-run': true })).rejects.toBeInstanceOf(UsageError)
  await expect(move({})).rejects.toBeInstanceOf(UsageError)
  expect(await latestMove(tenancy(), tenant.id)).toEqual(before)
})
