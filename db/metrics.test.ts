import { afterAll, beforeAll, expect, test } from 'vitest'
import { closePools, setLimits, countTenantRequest } from '@rowhouse/tenancy'
import { env } from '#db/env'
import {
  createTestTenants,
  removeTestTenants,
  queryAs,
  type TestTenants,
} from '#db/isolation/testing/test-tenants'
import { metricsResponse } from '#db/metrics-response'
import { tenancy } from '#db/tenancy'

let testTenants: TestTenants
beforeAll(async () => {
  env().METRICS_TOKEN = 'a token of the metrics test'
  testTenants = await createTestTenants(['shared'], 3)
})
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const scrape = async () => {
  const response = await metricsResponse('Bearer a token of the metrics test')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return response.text()
}
/** Parses the text format: values by name and labels. */
const samplesIn = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => {
        const [, series = '', value = ''] =
          /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)+\})?) ([-+\d.e]+|[+-]?Inf|nan)$/i.exec(
            line,
          ) ?? []
        expect({ line, series }).not.toMatchObject({ series: '' })
        return [series, Number(value)]
      }),
  )
const committed = 'placement="shared",outcome="committed"'

test('a transaction is counted in the histograms of durations and waits', async () => {
  const [{ owner }] = testTenants.shared
  await queryAs(owner, 'select 1')
  const before = samplesIn(await scrape())
  await queryAs(owner, 'select pg_sleep(0.03)')
  const after = samplesIn(await scrape())
  const grown = (series: string) => (after.get(series) ?? 0) - (before.get(series) ?? 0)
  expect(grown(`rowhouse_transaction_duration_seconds_count{${committed}}`)).toBe(1)
  expect(grown(`rowhouse_transaction_duration_seconds_bucket{le="0.025",${committed}}`)).toBe(0)
  expect(grown(`rowhouse_transaction_duration_seconds_bucket{le="10",${committed}}`)).toBe(1)
  expect(grown(`rowhouse_transaction_duration_seconds_sum{${committed}}`)).toBeGreaterThan(0.03)
  expect(grown('rowhouse_slot_wait_seconds_count{placement="shared",outcome="acquired"}')).toBe(1)
})

test('failed and refused transactions are counted separately', async () => {
  const [{ owner }, { owner: stranger }] = testTenants.shared
  await expect(queryAs(owner, 'select 1 / 0')).rejects.toThrow()
  await expect(queryAs({ ...stranger, tenantId: owner.tenantId }, 'select 1')).rejects.toThrow()
  const samples = samplesIn(await scrape())
  const count = (outcome: string) =>
    samples.get(
      `rowhouse_transaction_duration_seconds_count{placement="shared",outcome="${outcome}"}`,
    )
  expect({ failed: count('failed'), refused: count('refused') }).toEqual({ failed: 1, refused: 1 })
})

test('metrics include reached limits and the process, and no tenant ids', async () => {
  const [{ id }] = testTenants.shared
  await setLimits(
    tenancy(),
    { tenantId: id, actor: 'test', reason: 'test' },
    { requestsPerMinute: 5 },
  )
  for (let i = 0; i < 5; i++) await countTenantRequest(tenancy(), id, 5)
  await expect(countTenantRequest(tenancy(), id, 5)).rejects.toMatchObject({ code: 'too_busy' })
  const text = await scrape()
  const samples = samplesIn(text)
  expect(samples.get('rowhouse_limits_hit_total{limit="requests_per_minute"}')).toBe(1)
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
  expect(samples.has('nodejs_eventloop_lag_seconds')).toBe(true)
  expect(text).not.toContain(id)
})

test('metrics require the token', async () => {
  const statuses = [null, '', 'Bearer wrong', 'a token of the metrics test'].map(
    async (authorization) => (await metricsResponse(authorization)).status,
  )
  expect(await Promise.all(statuses)).toEqual([401, 401, 401, 401])
})
