import { once } from 'node:events'
import { createServer } from 'node:http'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenantBatch, withTenant, tenancy } from '#db/tenancy'
import { env } from '#db/env'
import {
  createTestTenants,
  removeTestTenants,
  type TestTenants,
} from '#db/isolation/testing/test-tenants'
import { closePools } from '@rowhouse/tenancy'
import { startTracing } from '#db/tracing'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(['shared'])))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

type Spans = {
  resourceSpans: {
    scopeSpans: {
      spans: {
        name: string
        status: { code?: number; message?: string }
        attributes: { key: string; value: { stringValue?: string } }[]
      }[]
    }[]
  }[]
}

test('each transaction is exported as a span with its tenant, and without values', async () => {
  const bodies: string[] = []
  const collector = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => void (body += part.toString()))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const endpoint = `http://127.0.0.1:${(collector.address() as { port: number }).port}`
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = env().OTEL_EXPORTER_OTLP_ENDPOINT = endpoint
  const sendRest = await startTracing()
  const [{ id, owner, mark }] = testTenants.shared
  try {
    await tenantBatch(owner, (tx) => [tx.execute(sql`select ${mark} as mark`)])
    await expect(
      withTenant(owner, (tx) => tx.execute(sql`select 1 / 0 as failure, ${mark} as mark`)),
    ).rejects.toThrow()
  } finally {
    await sendRest()
    collector.close()
  }
  const spans = bodies.flatMap((body) =>
    (JSON.parse(body) as Spans).resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap((one) => one.spans),
    ),
  )
  const attribute = (span: (typeof spans)[number], key: string) =>
    span.attributes.find((one) => one.key === key)?.value.stringValue
  expect(
    spans.map((span) => [
      span.name,
      attribute(span, 'rowhouse.tenant_id'),
      attribute(span, 'rowhouse.placement'),
      span.status.code ?? 0,
    ]),
  ).toEqual([
    ['tenant transaction', id, 'shared', 0],
    ['tenant transaction', id, 'shared', 2],
  ])
  expect(bodies.join('')).not.toContain(mark)
  expect(bodies.join('')).not.toContain(owner.token)
})
