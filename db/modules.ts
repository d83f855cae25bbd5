import { join } from 'node:path'
import { apiKeyEntry, sessionEntry } from '#db/accounts/entries'
import { supportEntry } from '#db/operators/support-entry'
import { log } from '#db/log'
import { recountOrders } from '#db/product/recount-orders'
import type { TenantTx } from '@rowhouse/tenancy'
import type { DataStep } from '@rowhouse/tenancy/migrations'
import type { Task } from '@rowhouse/tenancy/admin'

/** How callers are authenticated, by `Caller.kind`. `sqlFiles` has the functions for it. */
export const entries = { session: sessionEntry, key: apiKeyEntry, support: supportEntry }

const sqlFile = (...path: string[]) => join(process.cwd(), 'db', ...path)
export const sqlFiles = () => [
  sqlFile('accounts', 'session-entry.sql'),
  sqlFile('accounts', 'api-key-entry.sql'),
  sqlFile('operators', 'support-entry.sql'),
]

/** Data steps that follow migrations, oldest first. */
export const dataSteps: readonly DataStep[] = [recountOrders]

/** The product's main table. The console shows how many rows of it each tenant has. */
export const mainTable = 'orders'

/** Whether a tenant has amounts in its currency. If so, the currency can no longer be changed. */
export const usesCurrency = async (tx: TenantTx): Promise<boolean> =>
  (await import('#db/product/orders')).hasOrders(tx)

/** The tenant that an operator visits as support in this session; undefined when there is none. */
export const supportVisitOf = async (sessionId: string) =>
  (await import('#db/operators/support')).visitOf(sessionId)

/** The background tasks of the modules. Their code is loaded when a task first runs. */
export const moduleTasks: readonly Task[] = [
  {
    name: 'emails',
    everyMs: 2000,
    run: async () => {
      const { failed } = await (await import('#db/mail/deliver')).sendDueEmails()
      if (failed > 0) log().warn({ failed }, 'emails could not be sent and will be retried')
    },
  },
  {
    name: 'expired sessions and links',
    everyMs: 3_600_000,
    run: async () => (await import('#db/accounts/delete-expired')).deleteExpired(),
  },
  {
    name: 'tenant sizes',
    everyMs: 60_000,
    run: async (stopping) => (await import('#db/operators/tenant-sizes')).measureTenants(stopping),
  },
]
