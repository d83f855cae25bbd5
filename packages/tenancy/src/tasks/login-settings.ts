import { sql } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import type { Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'

type ChangedSetting = { login: string; setting: string }

/**
 * Restores the settings of our logins if someone has changed them, and records what they were. SQL
 * injected into a request can change those of its own login.
 * @param tenancy - The instance.
 */
export async function restoreLoginSettings(tenancy: Tenancy): Promise<void> {
  const db = platform(tenancy)
  const { rowCount } = await db.execute(sql`select from tenancy.changed_login_settings(false)`)
  if (rowCount === 0) return
  await db.transaction(async (tx) => {
    const { rows } = await tx.execute<ChangedSetting>(
      sql`select * from tenancy.changed_login_settings(true)`,
    )
    if (rows.length === 0) return
    await recordAudit(tx, {
      actor: 'worker',
      action: 'settings of logins restored',
      detail: { settings: rows.map(({ login, setting }) => `${login}: ${setting}`) },
    })
    tenancy.config.logger.error({ settings: rows }, 'changed settings of logins were restored')
  })
}
