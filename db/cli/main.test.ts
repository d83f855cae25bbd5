import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { loginPassword, loginUrl } from '@rowhouse/tenancy'
import { findPgbouncer, startPgbouncer } from '@rowhouse/tenancy/testing'
import { tenancy } from '#db/tenancy'

type Exit = { code: number; stdout: string; stderr: string }
const runCommand = (words: string[], variables: Record<string, string> = {}) =>
  new Promise<Exit>((resolve) =>
    execFile(
      process.execPath,
      ['db/cli/main.ts', ...words],
      { env: { ...process.env, ...variables } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    ),
  )

test.each([
  [['nope'], 'there is no command "nope"'],
  [['doctor', 'acme'], 'doctor does not take "acme"'],
  [['tenant', 'list', '--bogus'], "Unknown option '--bogus'"],
  [['tenant', 'show'], 'usage: npm run rowhouse -- tenant show SLUG'],
])('%j is a usage error: exit 2, and the usage on standard error', async (words, message) => {
  const { code, stdout, stderr } = await runCommand(words)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).toContain('usage: npm run rowhouse -- ')
})

test('an expected error is one sentence without a stack, and exits with 1', async () => {
  const { code, stderr } = await runCommand(['tenant', 'show', 'no-such-tenant'])
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 })
  expect(stderr).toContain('no-such-tenant')
})

test('a refusal of PostgreSQL is one paragraph: what was attempted, its answer, and what to grant', async () => {
  // the login of the app may neither create roles nor databases
  const login = new URL(loginUrl(tenancy(), 'platform'))
  const { code, stderr } = await runCommand(['setup'], { DATABASE_URL: login.href })
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 })
  expect(stderr).toContain('SQLSTATE 42501.')
  expect(stderr).toMatch(
    /^Attempted: admin\/roles\.sql, the statement ".*user rowhouse_platform\) answered: .*Hint: as .*, run: grant /,
  )
  expect(stderr).not.toContain(login.password)
})

test('a refusal without a hint says what to grant', async () => {
  const { code, stderr } = await runCommand(['tenant', 'list'], {
    PLATFORM_DATABASE_URL: loginUrl(tenancy(), 'tenant'),
  })
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 })
  expect(stderr).toMatch(/user rowhouse_tenant\) answered: .*Grant rowhouse_tenant the right/)
})

test('a server that cannot be reached is named, without the password', async () => {
  const url = 'postgres://someone:the-password@127.0.0.1:1/somewhere'
  for (const words of [['setup'], ['tenant', 'list']]) {
    const { code, stderr } = await runCommand(words, {
      DATABASE_URL: url,
      PLATFORM_DATABASE_URL: url,
    })
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 })
    expect(stderr).toContain('Cannot reach 127.0.0.1:1, database somewhere, user someone:')
    expect(stderr).not.toContain('the-password')
  }
})

test('--debug adds the stack trace', async () => {
  const { code, stderr } = await runCommand(['tenant', 'show', 'no-such-tenant', '--debug'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/\n {4}at /)
})

const pgbouncer = findPgbouncer()
if ('missing' in pgbouncer) console.warn(`skipped: ${pgbouncer.missing}`)

test.skipIf('missing' in pgbouncer)(
  'behind a pooler in transaction mode, a command that needs sessions is refused, and a login without a password is named',
  async () => {
    if ('missing' in pgbouncer) throw new Error(pgbouncer.missing)
    const url = loginUrl(tenancy(), 'migrator')
    const { port, stop } = await startPgbouncer(pgbouncer.path, {
      url,
      users: [['rowhouse_migrator', loginPassword(tenancy(), 'migrator')]],
      connections: 2,
    })
    const MIGRATOR_DATABASE_URL = Object.assign(new URL(url), { port: String(port) }).href
    const migrate = await runCommand(['fleet', 'migrate'], { MIGRATOR_DATABASE_URL })
    const list = await runCommand(['tenant', 'list'], { MIGRATOR_DATABASE_URL })
    const PLATFORM_DATABASE_URL = Object.assign(new URL(loginUrl(tenancy(), 'platform')), {
      port: String(port),
    }).href
    const unknownLogin = await runCommand(['tenant', 'list'], { PLATFORM_DATABASE_URL })
    await stop()
    expect(migrate).toMatchObject({ code: 1, stdout: '' })
    expect(migrate.stderr).toContain('MIGRATOR_DATABASE_URL goes through a pooler')
    expect(list.code).toBe(0)
    expect(unknownLogin.code).toBe(1)
    expect(unknownLogin.stderr).toContain('look up the password of rowhouse_platform')
  },
)
