import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ConfigurationError } from '#tenancy/base/errors'
import { poolingOf } from '#tenancy/base/pooler'
import { loginPassword, logins, loginUrl, type TenancyConfig } from '#tenancy/base/tenancy'
import { assertDirectLogins } from '#tenancy/checks/direct-logins'
import { readiness } from '#tenancy/checks/health'
import { createTenancy } from '#tenancy/create-tenancy'
import { inspectServer } from '#tenancy/placements/servers'
import { closePools } from '#tenancy/registry/pools'
import { setup } from '#tenancy/setup'
import { fixtureConfig, tenancy } from '#tenancy/testing/fixture/tenancy'
import { findPgbouncer, startPgbouncer, type PgbouncerOptions } from '#tenancy/testing/pgbouncer'

const program = findPgbouncer()
if ('missing' in program) console.warn(`skipped: ${program.missing}`)

const adminUrl = process.env.DATABASE_URL ?? ''
const stops: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const stop of stops) await stop()
  await closePools(tenancy())
})

/** Starts PgBouncer for all logins, and returns a function that leads a URL through it. */
async function start(options: Partial<PgbouncerOptions>): Promise<(url: string) => string> {
  if ('missing' in program) throw new Error(program.missing)
  const admin = new URL(adminUrl)
  const { port, stop } = await startPgbouncer(program.path, {
    url: adminUrl,
    users: [
      [admin.username, decodeURIComponent(admin.password)],
      ...logins.map((login): [string, string] => [
        `rowhouse_${login}`,
        loginPassword(tenancy(), login),
      ]),
    ],
    connections: 3,
    ...options,
  })
  stops.push(stop)
  return (url) => Object.assign(new URL(url), { port: String(port) }).toString()
}

const change = (urls: Partial<TenancyConfig['urls']>, rest: Partial<TenancyConfig> = {}) => {
  const config = fixtureConfig()
  return createTenancy({ ...config, ...rest, urls: { ...config.urls, ...urls } })
}

const urlOf = (login: (typeof logins)[number]) => loginUrl(tenancy(), login)

test('a direct connection is not taken for a pooler', async () => {
  expect(await poolingOf(urlOf('worker'))).toBe('none')
  await expect(assertDirectLogins(tenancy(), { listens: true })).resolves.toBeUndefined()
})

describe.skipIf('missing' in program)('behind PgBouncer', () => {
  let inTransactions: (url: string) => string
  let inSessions: (url: string) => string
  beforeAll(async () => {
    inTransactions = await start({})
    inSessions = await start({ poolMode: 'session', connections: 2 })
  })

  test('the mode is recognised, also when other clients use the pooler', async () => {
    expect(await poolingOf(inTransactions(urlOf('worker')))).toBe('transaction')
    expect(await poolingOf(inSessions(urlOf('worker')))).toBe('session')
    const all = Array.from({ length: 8 }, () => poolingOf(inTransactions(urlOf('platform'))))
    expect(new Set(await Promise.all(all))).toEqual(new Set(['transaction']))
  })

  test('a session pooler with a single connection is recognised', async () => {
    const single = await start({ poolMode: 'session', connections: 1 })
    expect(await poolingOf(single(urlOf('worker')))).toBe('session')
  })

  test('the URLs of the worker, the migrator and the listener are refused in transaction mode, together', async () => {
    const pooled = change({
      worker: inTransactions(urlOf('worker')),
      migrator: inTransactions(urlOf('migrator')),
    })
    const error: unknown = await assertDirectLogins(pooled).catch((thrown: unknown) => thrown)
    if (!ConfigurationError.is(error)) throw error
    expect(error.problems).toEqual([
      expect.stringMatching(/^WORKER_DATABASE_URL goes through a pooler in transaction mode/),
      expect.stringMatching(/^MIGRATOR_DATABASE_URL goes through a pooler in transaction mode/),
    ])
    await expect(
      assertDirectLogins(change({}, { listenUrl: inTransactions(urlOf('platform')) })),
    ).rejects.toThrow('LISTEN_DATABASE_URL goes through a pooler')
    const sessions = change({
      worker: inSessions(urlOf('worker')),
      migrator: inSessions(urlOf('migrator')),
    })
    await expect(assertDirectLogins(sessions)).resolves.toBeUndefined()
  })

  test('a process that listens through such a pooler is told so, unless it has a direct URL', async () => {
    const warn = vi.fn()
    const logger = { ...fixtureConfig().logger, warn }
    const platform = inTransactions(urlOf('platform'))
    await assertDirectLogins(change({ platform }, { logger }))
    await assertDirectLogins(change({ platform }, { logger, listenUrl: urlOf('platform') }), {
      listens: true,
    })
    expect(warn).not.toHaveBeenCalled()
    await assertDirectLogins(change({ platform }, { logger }), { listens: true })
    expect(warn).toHaveBeenCalledOnce()
    expect(warn.mock.calls[0]?.[0]).toEqual({ setting: 'LISTEN_DATABASE_URL' })
  })

  test('setup and new servers are refused in transaction mode', async () => {
    await expect(setup(tenancy(), { adminUrl: inTransactions(adminUrl) })).rejects.toThrow(
      'DATABASE_URL goes through a pooler',
    )
    await expect(inspectServer(tenancy(), inTransactions(adminUrl))).rejects.toThrow(
      'the URL goes through a pooler',
    )
  })

  test('a pooler that breaks the way of tenants makes the app not ready', async () => {
    const behind = async (options: Partial<PgbouncerOptions>) => {
      const through = await start(options)
      const broken = change({ tenant: through(urlOf('tenant')) })
      const { ready, problems } = await readiness(broken)
      await closePools(broken)
      return { ready, problem: problems[0] ?? '' }
    }
    expect(await behind({})).toEqual({ ready: true, problem: '' })
    expect(await behind({ connectQuery: 'set search_path = public' })).toEqual({
      ready: false,
      problem: expect.stringContaining('rowhouse_tenant start in the schema') as string,
    })
    expect(await behind({ users: [] })).toMatchObject({ ready: false })
  })
})
