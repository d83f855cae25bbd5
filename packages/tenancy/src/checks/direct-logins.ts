import { ConfigurationError } from '#tenancy/base/errors'
import { poolingOf } from '#tenancy/base/pooler'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'

/** Why a URL that needs sessions is refused, after its name. */
export const needsSessions =
  'goes through a pooler in transaction mode, which loses session locks and roles; use the address of PostgreSQL itself, or a pooler in session mode'

/**
 * Checks that no URL that needs sessions goes through a pooler in transaction mode: those of the worker
 * and the migrator, and that of the listener. Without the listener, a process notices a changed
 * placement within 30 seconds, or at the next refused entry.
 * @param tenancy - The instance.
 * @param options.listens - Whether this process listens for placement changes.
 * @throws ConfigurationError that names every such URL.
 */
export async function assertDirectLogins(
  tenancy: Tenancy,
  { listens = false } = {},
): Promise<void> {
  const { listenUrl, logger } = tenancy.config
  const isPooled = async (url: string) => (await poolingOf(url)) === 'transaction'
  const problems: string[] = []
  for (const login of ['worker', 'migrator'] as const)
    if (await isPooled(loginUrl(tenancy, login)))
      problems.push(`${login.toUpperCase()}_DATABASE_URL ${needsSessions}`)
  if (listenUrl && (await isPooled(listenUrl)))
    problems.push(`LISTEN_DATABASE_URL ${needsSessions}`)
  if (problems.length > 0) throw new ConfigurationError(problems)
  if (listens && !listenUrl && (await isPooled(loginUrl(tenancy, 'platform'))))
    logger.warn(
      { setting: 'LISTEN_DATABASE_URL' },
      'PLATFORM_DATABASE_URL goes through a pooler in transaction mode, so changes of placements are noticed after up to 30 seconds; set LISTEN_DATABASE_URL to its direct URL',
    )
}
