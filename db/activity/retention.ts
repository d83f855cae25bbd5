import { sql } from 'drizzle-orm'
import type { TenancyConfig } from '@rowhouse/tenancy'
import { activity } from '#db/schema/tenant'

/** Records in the tenant's activity what a retention run deleted, one row per run. */
export const recordRetention: NonNullable<TenancyConfig['onRetention']> = async (
  tx,
  { id, table, deleted },
) => {
  const detail = JSON.stringify({ [table]: deleted })
  await tx
    .insert(activity)
    .values({
      tenantId: tx.tenantId,
      id,
      actor: 'Retention',
      action: 'retention.ran',
      subject: 'old rows',
      detail: { [table]: deleted },
    })
    .onConflictDoUpdate({
      target: [activity.tenantId, activity.id],
      set: { detail: sql`${activity.detail} || ${detail}::jsonb` },
    })
}
