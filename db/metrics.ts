import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import {
  platformPool,
  stateOf,
  tenantPools,
  tenantQueues,
  usageSoFar,
  type PlacementKind,
  type Tenancy,
  type TransactionTrace,
} from '@rowhouse/tenancy'

// No label may be a tenant, a user or a raw path: the number of series must stay bounded.

const fastBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const slowBuckets = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200]

/** The metrics of this process, with one registry per instance of the engine. */
export const metrics = stateOf('metrics', (tenancy: Tenancy) => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  registerEngineMetrics(tenancy, registry)
  return {
    registry,
    httpRequests: new Histogram({
      name: 'rowhouse_http_request_duration_seconds',
      help: 'Duration of HTTP requests.',
      labelNames: ['method', 'route', 'status'],
      buckets: fastBuckets,
      registers,
    }),
    transactions: new Histogram({
      name: 'rowhouse_transaction_duration_seconds',
      help: 'Time that a tenant transaction held a connection.',
      labelNames: ['placement', 'outcome'],
      buckets: fastBuckets,
      registers,
    }),
    slotWaits: new Histogram({
      name: 'rowhouse_slot_wait_seconds',
      help: 'Time that a tenant transaction waited for a slot and a connection.',
      labelNames: ['placement', 'outcome'],
      buckets: fastBuckets,
      registers,
    }),
    tasks: new Histogram({
      name: 'rowhouse_task_duration_seconds',
      help: 'Duration of one run of a background task.',
      labelNames: ['task', 'outcome'],
      buckets: slowBuckets,
      registers,
    }),
  }
})

/**
 * Renders the metrics of this process in the Prometheus text format.
 */
export async function renderMetrics(
  tenancy: Tenancy,
): Promise<{ text: string; contentType: string }> {
  const { registry } = metrics(tenancy)
  return { text: await registry.metrics(), contentType: registry.contentType }
}

/** Returns a function that records a tenant transaction when it ends. */
export const observeTransaction =
  (tenancy: Tenancy, placement: PlacementKind): TransactionTrace =>
  ({ outcome, waitMs, databaseMs }) => {
    const { transactions, slotWaits } = metrics(tenancy)
    slotWaits.observe(
      { placement, outcome: databaseMs === undefined ? outcome : 'acquired' },
      waitMs / 1000,
    )
    if (databaseMs !== undefined) transactions.observe({ placement, outcome }, databaseMs / 1000)
  }

/** Registers metrics that the engine counts itself. They are read on each scrape. */
function registerEngineMetrics(tenancy: Tenancy, registry: Registry): void {
  const registers = [registry]
  new Counter({
    name: 'rowhouse_requests_total',
    help: 'Requests that count against the rate limit of a tenant.',
    registers,
    collect() {
      this.reset()
      this.inc(usageSoFar(tenancy).all.requests)
    },
  })
  new Counter({
    name: 'rowhouse_limits_hit_total',
    help: 'How often tenants ran into a limit.',
    labelNames: ['limit'],
    registers,
    collect() {
      this.reset()
      for (const [limit, times] of usageSoFar(tenancy).limits) this.inc({ limit }, times)
    },
  })
  new Gauge({
    name: 'rowhouse_connections',
    help: 'Open database connections.',
    labelNames: ['pool'],
    registers,
    collect() {
      this.set({ pool: 'tenants' }, tenantPools(tenancy).open)
      this.set({ pool: 'platform' }, platformPool(tenancy).totalCount)
    },
  })
  new Gauge({
    name: 'rowhouse_connections_max',
    help: 'Connections that all tenants together may use.',
    registers,
    collect() {
      this.set(tenantPools(tenancy).budget)
    },
  })
  new Gauge({
    name: 'rowhouse_waiting_transactions',
    help: 'Tenant transactions that wait for a slot.',
    registers,
    collect() {
      this.set(tenantQueues(tenancy).waiting)
    },
  })
}
