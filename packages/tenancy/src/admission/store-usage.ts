import { platformPool } from '#tenancy/registry/pools'
import { putBack, takePending, usageNames, type Usage } from '#tenancy/admission/usage'
import type { Tenancy } from '#tenancy/base/tenancy'

const everyMs = 10_000

/**
 * Stores the usage counted since the last call, in one statement.
 * @param tenancy - The instance.
 * @returns How many tenants it stored.
 */
export async function flushUsage(tenancy: Tenancy): Promise<number> {
  const batch = [...takePending(tenancy)]
  if (batch.length === 0) return 0
  const column = (name: keyof Usage) => batch.map(([, used]) => used[name])
  try {
    await platformPool(tenancy).query(
      `insert into tenancy.usage as u (tenant_id, hour, requests, transactions, errors, database_ms, wait_ms, limits_hit)
       select b.id, date_trunc('hour', now()), b.requests, b.transactions, b.errors, b.database_ms, b.wait_ms, b.limits_hit
       from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::float8[], $6::float8[], $7::bigint[])
         as b (id, requests, transactions, errors, database_ms, wait_ms, limits_hit)
       join tenancy.tenants as t on t.id = b.id
       order by b.id
       on conflict (tenant_id, hour) do update
       set requests = u.requests + excluded.requests, transactions = u.transactions + excluded.transactions, errors = u.errors + excluded.errors,
         database_ms = u.database_ms + excluded.database_ms, wait_ms = u.wait_ms + excluded.wait_ms, limits_hit = u.limits_hit + excluded.limits_hit`,
      [batch.map(([id]) => id), ...usageNames.map(column)],
    )
  } catch (error) {
    for (const [id, used] of batch) putBack(tenancy, id, used)
    throw error
  }
  return batch.length
}

/**
 * Stores usage every ten seconds.
 * @param tenancy - The instance.
 * @returns A function that stops, and stores what remains.
 */
export function storeUsage(tenancy: Tenancy): () => Promise<void> {
  const store = () =>
    flushUsage(tenancy).then(
      () => {},
      (error: unknown) =>
        tenancy.config.logger.error(
          { error: String(error) },
          'usage could not be stored; it is kept for the next attempt',
        ),
    )
  const timer = setInterval(() => void store(), everyMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await store()
  }
}
