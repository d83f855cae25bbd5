import { join } from 'node:path'
import { membersPort } from '#db/accounts/members-port'
import { recordRetention } from '#db/activity/retention'
import type { Entry, PlatformDb, ServiceCaller, Tenancy, TenantTx } from '@rowhouse/tenancy'
import * as engine from '@rowhouse/tenancy'
import { env, loginUrls } from '#db/env'
import { log } from '#db/log'
import { observeTransaction } from '#db/metrics'
import { entries, sqlFiles } from '#db/modules'
import * as accountsSchema from '#db/schema/accounts'
import * as consoleSchema from '#db/schema/console'
import * as platformSchema from '#db/schema/platform'
import * as tenantSchema from '#db/schema/tenant'
import { tiers } from '#db/tiers'
import { traceTransaction } from '#db/tracing'

// Next loads a module once per bundle, but there must be one set of pools and caches per process.
const held = globalThis as typeof globalThis & { rowhouseTenancy?: Tenancy }

/** The instance of the engine. It is created from our configuration on first use. */
export const tenancy = (): Tenancy => (held.rowhouseTenancy ??= makeTenancy())

/** Closes all connections, if there are any. Works with an invalid configuration too. */
export const closeConnections = async (): Promise<void> => {
  if (held.rowhouseTenancy) await engine.closePools(held.rowhouseTenancy)
}

function makeTenancy(): Tenancy {
  const settings = env()
  return engine.createTenancy({
    urls: loginUrls(),
    listenUrl: settings.LISTEN_DATABASE_URL,
    passwords: settings.DATABASE_PASSWORDS,
    encryptionKey: settings.ENCRYPTION_KEY,
    previousEncryptionKey: settings.ENCRYPTION_KEY_PREVIOUS,
    connections: settings.DATABASE_CONNECTIONS,
    extensions: settings.DATABASE_EXTENSIONS,
    administrators: settings.DATABASE_ADMINISTRATORS,
    exportFolder: settings.EXPORT_DIR,
    migrations: {
      platform: join(process.cwd(), 'drizzle', 'platform'),
      tenant: join(process.cwd(), 'drizzle', 'tenant'),
    },
    sqlFiles: sqlFiles(),
    tiers,
    entries,
    members: membersPort,
    schemas: [tenantSchema, platformSchema, accountsSchema, consoleSchema],
    onRetention: recordRetention,
    slowTransactionMs: settings.SLOW_MS,
    pipeline: settings.DATABASE_PIPELINE,
    logger: log(),
    traceTransaction: (transaction) => {
      const endSpan = traceTransaction(transaction)
      const observe = observeTransaction(tenancy(), transaction.placement)
      return (end) => {
        endSpan(end)
        observe(end)
      }
    },
  })
}

type CallerOf<E> = E extends Entry<infer C> ? C : never

/** Everyone who can open a tenant transaction. */
export type Caller = ServiceCaller | CallerOf<(typeof entries)[keyof typeof entries]>

/** The only way to access tenant data; see `withTenant` of the engine. */
export const withTenant = <T>(caller: Caller, work: (tx: TenantTx) => Promise<T>): Promise<T> =>
  engine.withTenant(tenancy(), caller, work)

/** The same for queries that are all known up front; see `tenantBatch` of the engine. */
export const tenantBatch = <const Q extends readonly { execute(): Promise<unknown> }[]>(
  caller: Caller,
  build: (tx: TenantTx) => Q,
) => engine.tenantBatch(tenancy(), caller, build)

/**
 * Drizzle on the platform login, for users, sessions and the registry. It cannot access tenant
 * tables.
 */
export const platform = (): PlatformDb => engine.platform(tenancy())
