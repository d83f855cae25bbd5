import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { TlsFailed } from '#tenancy/base/errors'
import { servers, tenants } from '#tenancy/base/schema'
import { createTenancy } from '#tenancy/create-tenancy'
import { checkFleet } from '#tenancy/checks/doctor'
import { rotateLogin } from '#tenancy/data/rotate-login'
import { createTenant } from '#tenancy/placements/create-tenant'
import { passwordToSend } from '#tenancy/placements/passwords'
import { unprovision } from '#tenancy/placements/provision'
import { inspectServer, useServer } from '#tenancy/placements/servers'
import { connectionString, placementOf, serviceUrl } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { fixtureConfig, platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { callerFor, person, queryAs } from '#tenancy/testing/fixture/test-tenants'
import { findProgram } from '#tenancy/testing/programs'
import { makeCertificate, requireTls } from '#tenancy/testing/tls'
import { removePostgres, startPostgres } from '../../../../scripts/postgres.ts'

// Servers of their own: one becomes a registered server and gets TLS, the other one is its copy.
const own = `servers${process.env.VITEST_POOL_ID ?? ''}`
const copy = `${own}-copy`

let ownUrl: string
let stop: () => Promise<void>
let stopCopy = async () => {}

beforeAll(async () => {
  ;({ adminUrl: ownUrl, stop } = await startPostgres({ name: own, durable: false }))
}, 120_000)
afterAll(async () => {
  await closePools(tenancy())
  await stop()
  await stopCopy()
  for (const name of [own, copy]) await removePostgres(name)
}, 60_000)

const dataOf = async (url: string): Promise<string> =>
  withConnection(url, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory')
    return rows[0]?.data_directory ?? ''
  })

const withAddress = (url: string, change: { hostname?: string; search?: string }): string =>
  Object.assign(new URL(url), change).toString()

describe('a copy of a server', () => {
  let copyUrl: string

  beforeAll(async () => {
    await useServer(tenancy(), ownUrl)
    // a snapshot has the data, the identifier, the roles and the passwords
    const first = await startPostgres({ name: copy, durable: false })
    const [source, target] = [await dataOf(ownUrl), await dataOf(first.adminUrl)]
    await first.stop()
    await stop()
    rmSync(target, { recursive: true })
    mkdirSync(dirname(target), { recursive: true })
    for (const suffix of ['', '.password'])
      if (spawnSync('cp', ['-a', source + suffix, target + suffix]).status !== 0)
        throw new Error(`${source}${suffix} could not be copied`)
    ;({ adminUrl: ownUrl, stop } = await startPostgres({ name: own, durable: false }))
    ;({ adminUrl: copyUrl, stop: stopCopy } = await startPostgres({ name: copy, durable: false }))
  }, 120_000)

  test('is not taken for the main server, and is refused', async () => {
    const config = fixtureConfig()
    const main = createTenancy({ ...config, urls: { ...config.urls, platform: ownUrl } })
    expect(await inspectServer(main, ownUrl)).toMatchObject({ isMain: true })
    await expect(inspectServer(main, copyUrl)).rejects.toMatchObject({
      code: 'server_unusable',
      why: expect.stringContaining('a copy of the main server') as string,
    })
  })

  test('is not taken for a registered server, which is known under another address', async () => {
    const before = await platform().select().from(servers)
    await expect(useServer(tenancy(), copyUrl)).rejects.toMatchObject({
      code: 'server_unusable',
      why: expect.stringContaining('it has the logins of the registered server') as string,
    })
    expect(await platform().select().from(servers)).toEqual(before)

    const other = await useServer(tenancy(), withAddress(ownUrl, { hostname: 'localhost' }))
    expect(other?.server.migratorPassword).toBe(
      (await useServer(tenancy(), ownUrl))?.server.migratorPassword,
    )
    await platform()
      .delete(servers)
      .where(eq(servers.id, other?.id ?? ''))
  })

  test('that has not ended its recovery is a replica, and is refused', async () => {
    const data = await dataOf(copyUrl)
    await stopCopy()
    writeFileSync(`${data}/standby.signal`, '')
    ;({ stop: stopCopy } = await startPostgres({ name: copy, durable: false }))
    await expect(inspectServer(tenancy(), copyUrl)).rejects.toMatchObject({
      why: expect.stringContaining('it is a replica') as string,
    })
  })
})

describe('passwords of roles', () => {
  const iterations = 5000
  /** A server uses this number for a password that it hashes itself; our verifiers have 4096. */
  const hashedHere = `SCRAM-SHA-256$${iterations}:`
  const passwordOf = (url: string, role: string): Promise<string | undefined> =>
    withConnection(url, async (admin) => {
      const { rows } = await admin.query<{ rolpassword: string }>(
        'select rolpassword from pg_authid where rolname = $1',
        [role],
      )
      return rows[0]?.rolpassword
    })
  const plaintext = createTenancy({ ...fixtureConfig(), passwords: 'plaintext' })
  const mainUrl = process.env.DATABASE_URL ?? ''

  test('are sent as verifiers by default, and in plaintext to providers that refuse verifiers', async () => {
    const setting = (change: string) =>
      withConnection(mainUrl, (admin) =>
        admin.query(
          `alter role rowhouse_migrator in database ${admin.escapeIdentifier(admin.database ?? '')} ${change}`,
        ),
      )
    await setting(`set scram_iterations = ${iterations}`)
    const ownerId = await person('Owner')
    for (const [slug, instance] of [
      ['verifier', tenancy()],
      ['plaintext', plaintext],
    ] as const) {
      const { id } = await createTenant(instance, { slug, name: slug, ownerId, tier: 'business' })
      const placement = await placementOf(tenancy(), id)
      const isPlaintext = slug === 'plaintext'
      const stored = async () =>
        (await passwordOf(mainUrl, placement.login ?? ''))?.startsWith(hashedHere)
      expect(await stored()).toBe(isPlaintext)
      await rotateLogin(instance, { tenantId: id, slug, actor: 'test', reason: 'test' })
      expect(await stored()).toBe(isPlaintext)
      const owner = await callerFor(ownerId, id)
      expect(await queryAs(owner, 'select count(*)::int as n from notes')).toEqual([{ n: 0 }])
      await unprovision(tenancy(), id, placement)
      await platform().delete(tenants).where(eq(tenants.id, id))
    }
    await setting('reset scram_iterations')
  })

  test('reach another server in plaintext, and a chosen password is refused', async () => {
    await withConnection(ownUrl, async (admin) => {
      await admin.query(
        `alter role ${admin.escapeIdentifier(admin.user ?? '')} set scram_iterations = ${iterations}`,
      )
    })
    await platform().delete(servers)
    await useServer(plaintext, ownUrl)
    expect(await passwordOf(ownUrl, 'rowhouse_migrator')).toContain(hashedHere)
    await expect(
      withConnection(fixtureConfig().urls.migrator, (migrator) =>
        migrator.query(`select tenancy.create_dedicated_role(gen_random_uuid(), 'hunter2')`),
      ),
    ).rejects.toMatchObject({ code: '22023' })
  })
})

const openssl = findProgram('openssl', 'version')
if ('missing' in openssl) console.warn(`skipped: ${openssl.missing}`)

describe.skipIf('missing' in openssl)('a server with TLS and a private CA', () => {
  let parameters: string
  let caFile: string

  beforeAll(async () => {
    if ('missing' in openssl) throw new Error(openssl.missing)
    const certificate = makeCertificate(openssl.path)
    caFile = certificate.caFile
    parameters = `?sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`
    await requireTls(ownUrl, certificate)
  })
  afterAll(() => rmSync(dirname(caFile), { recursive: true }))

  test('is reached with the parameters of its own URL, beside a main server without TLS', async () => {
    const ownerId = await person('Owner')
    const { id, slug } = await createTenant(
      tenancy(),
      { slug: 'tls', name: 'TLS', ownerId, tier: 'enterprise' },
      ownUrl + parameters,
    )
    const owner = await callerFor(ownerId, id)
    expect(
      await queryAs(owner, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'),
    ).toEqual([{ ssl: true }])
    await rotateLogin(tenancy(), { tenantId: id, slug, actor: 'test', reason: 'test' })
    expect(await queryAs(owner, 'select count(*)::int as n from notes')).toEqual([{ n: 0 }])
    expect((await checkFleet(tenancy())).findings).toEqual([])
    const placement = await placementOf(tenancy(), id)
    for (const url of [
      connectionString(tenancy(), placement),
      serviceUrl(tenancy(), 'worker', placement),
      serviceUrl(tenancy(), 'migrator', placement),
    ])
      expect(new URL(url).searchParams.get('sslrootcert')).toBe(caFile)
    await unprovision(tenancy(), id, placement)
  })

  test('receives plaintext passwords from a remote address, which an unencrypted connection does not', async () => {
    const plaintext = createTenancy({ ...fixtureConfig(), passwords: 'plaintext' })
    const sentOver = (url: string) =>
      withConnection(url, async (client) => {
        const here = passwordToSend(plaintext, client, 'password')
        Object.defineProperty(client.connection.stream, 'remoteAddress', { value: '192.0.2.1' })
        return [here, passwordToSend(plaintext, client, 'password')]
      })
    expect(await sentOver(ownUrl + parameters)).toEqual(['password', 'password'])
    await expect(sentOver(fixtureConfig().urls.platform)).rejects.toMatchObject({
      code: 'configuration_error',
      message: expect.stringContaining('is not encrypted; add sslmode=verify-full') as string,
    })
  })

  test('is refused with the parameter that is missing from the URL', async () => {
    const attempt = (search: string) =>
      withConnection(withAddress(ownUrl, { search }), (client) => client.query('select'))
    const failure = await attempt('?sslmode=require').catch((error: unknown) => error)
    expect(TlsFailed.is(failure)).toBe(true)
    expect(failure).toMatchObject({
      message: expect.stringContaining('sslrootcert=') as string,
      server: new URL(ownUrl).host,
    })
    await expect(attempt('?sslmode=require&uselibpqcompat=true')).resolves.toBeDefined()
    await expect(
      withConnection(`${fixtureConfig().urls.platform}?sslmode=verify-full`, (client) =>
        client.query('select'),
      ),
    ).rejects.toMatchObject({ code: 'tls_failed' })
    await expect(
      useServer(tenancy(), withAddress(ownUrl, { search: '?host=elsewhere' })),
    ).rejects.toThrow('the parameters host of the database URL')
  })
})

test('the user name of the URL gives the format of all user names on the server', async () => {
  const config = fixtureConfig()
  const tenant = withAddress(config.urls.tenant, {})
  const suffixed = Object.assign(new URL(tenant), { username: 'rowhouse_tenant.project' })
  const main = createTenancy({ ...config, urls: { ...config.urls, tenant: suffixed.toString() } })
  const role = { login: 't_1', password: 'secret' }
  const at = (usernameFormat: string | null) =>
    new URL(
      connectionString(main, {
        ...role,
        database: 't_1',
        server: {
          host: 'other',
          port: 5432,
          migratorPassword: 'm',
          workerPassword: 'w',
          urlParameters: null,
          usernameFormat,
        },
      }),
    ).username
  expect(new URL(connectionString(main, { ...role, database: null, server: null })).username).toBe(
    't_1.project',
  )
  expect(at('{role}')).toBe('t_1')
  expect(at('{role}.branch')).toBe('t_1.branch')
  expect(at(null)).toBe('t_1.project')
})
