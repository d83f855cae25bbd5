import { tenancy, platform } from '#db/tenancy'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '#db/cli/tenant-retention'
import { newId, closePools } from '@rowhouse/tenancy'
import { createTestTenant, type TestTenant } from '#db/isolation/testing/test-tenants'
import { audit, retentionRuns } from '@rowhouse/tenancy/schema'

let tenant: TestTenant
beforeAll(async () => void (tenant = await createTestTenant('shared', 'a', 3)))
afterAll(() => closePools(tenancy()))

const retention = (values: Record<string, string | boolean>) =>
  run({ values: { ...values, json: true }, positionals: [tenant.slug] })
const auditActions = async () =>
  (
    await platform()
      .select({ action: audit.action, detail: audit.detail })
      .from(audit)
      .where(eq(audit.tenantId, tenant.id))
      .orderBy(desc(audit.seq))
  ).slice(0, 1)

test('rules and decisions of the command line are in the audit trail', async () => {
  await retention({ days: '400', table: 'orders' })
  expect(await auditActions()).toEqual([
    { action: 'retention set', detail: { tables: ['orders'], days: 400 } },
  ])
  const waiting = newId()
  await platform()
    .insert(retentionRuns)
    .values({ id: waiting, tenantId: tenant.id, state: 'waiting', steps: [] })
  await retention({ dismiss: true })
  expect(await auditActions()).toEqual([
    { action: 'retention run dismissed', detail: { run: waiting } },
  ])
})

test('a rule that the tier does not allow is refused for all tables, and changes nothing', async () => {
  const before = await auditActions()
  await expect(retention({ days: '3' })).rejects.toThrow(/to \d+ days, not 3/)
  expect(await auditActions()).toEqual(before)
  expect(await retention({})).toMatchObject({ json: { rules: [{ table: 'orders', days: 400 }] } })
})
