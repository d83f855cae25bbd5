import type { Queryable } from '#tenancy/base/tenancy'

/**
 * Removes the large objects that tenants' logins have created in a database. They belong to no tenant:
 * those of the shared login do not tell which one created them.
 * @param client - A connection of the platform login or the worker.
 * @returns The number of removed objects.
 */
export async function removeLargeObjects(client: Queryable): Promise<number> {
  for (let total = 0; ;) {
    const { rows } = await client.query<{ removed: number }>(
      'select tenancy.remove_large_objects() as removed',
    )
    const removed = rows[0]?.removed ?? 0
    if (removed === 0) return total
    total += removed
  }
}
