import { env } from '#db/env'
import { platformPool, tenancy } from '#db/tenancy'
import { tenantPools, tenantQueues, usageSoFar, type Usage } from '@rowhouse/tenancy'

/** This process in Prometheus text. Tenants are named, by id, with METRICS_TENANTS=1 only. */
export function metrics(): string {
  const { all, total, limits } = usageSoFar(tenancy())
  const perTenant = env().METRICS_TENANTS === '1' ? [...total] : []
  const usage = (name: string, help: string, of: (used: Usage) => number) =>
    family(name, 'counter', help, [
      ['', of(all)],
      ...perTenant.map(([id, used]): [string, number] => [`{tenant="${id}"}`, of(used)]),
    ])
  const { heapUsed, rss } = process.memoryUsage()
  const platform = platformPool()
  return [
    usage('rowhouse_requests_total', 'Requests of tenants.', (used) => used.requests),
    usage(
      'rowhouse_transactions_total',
      'Transactions behind the door.',
      (used) => used.transactions,
    ),
    usage(
      'rowhouse_transaction_errors_total',
      'Transactions that failed for no fault of the input.',
      (used) => used.errors,
    ),
    usage(
      'rowhouse_database_seconds_total',
      'Time that transactions held a connection.',
      (used) => used.databaseMs / 1000,
    ),
    usage(
      'rowhouse_wait_seconds_total',
      'Time that transactions waited for their turn and a connection.',
      (used) => used.waitMs / 1000,
    ),
    family(
      'rowhouse_limits_hit_total',
      'counter',
      'How often a tenant ran into a limit.',
      [...limits].map(([limit, n]) => [`{limit="${limit}"}`, n]),
    ),
    family('rowhouse_connections', 'gauge', 'Open connections.', [
      ['{pool="tenants"}', tenantPools(tenancy()).open],
      ['{pool="platform"}', platform.totalCount],
    ]),
    family('rowhouse_connections_most', 'gauge', 'Connections that tenants may have together.', [
      ['', tenantPools(tenancy()).budget],
    ]),
    family('rowhouse_waiting', 'gauge', 'Transactions that wait for their turn.', [
      ['', tenantQueues(tenancy()).waiting],
    ]),
    family('rowhouse_memory_bytes', 'gauge', 'Memory of this process.', [
      ['{kind="heap"}', heapUsed],
      ['{kind="resident"}', rss],
    ]),
    family('rowhouse_uptime_seconds', 'gauge', 'Age of this process.', [
      ['', Math.round(process.uptime())],
    ]),
  ].join('\n')
}

const family = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  values: [string, number][],
) =>
  [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values.map(([labels, value]) => `${name}${labels} ${value}`),
    '',
  ].join('\n')
