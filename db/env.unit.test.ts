import { beforeEach, expect, test, vi } from 'vitest'

const names = ['PLATFORM', 'TENANT', 'WORKER', 'MIGRATOR'].map((login) => `${login}_DATABASE_URL`)
const adminUrl = 'postgres://postgres.project:password@pooler.example.com:5432/rowhouse'

/** Reads the settings anew, with these variables. */
async function read(variables: Record<string, string>) {
  const secrets = { AUTH_SECRET: 'x'.repeat(32), ENCRYPTION_KEY: `${'A'.repeat(43)}=` }
  const unset = Object.fromEntries([...names, 'DATABASE_URL'].map((name) => [name, '']))
  for (const [name, value] of Object.entries({ ...unset, ...secrets, ...variables }))
    vi.stubEnv(name, value)
  vi.resetModules()
  return import('#db/env')
}
beforeEach(() => void vi.unstubAllEnvs())

test('all URLs that a process needs and lacks are named at once', async () => {
  const { assertLoginUrls } = await read({ PLATFORM_DATABASE_URL: adminUrl })
  expect(() => assertLoginUrls(['platform', 'worker', 'migrator'])).toThrow(
    expect.objectContaining({
      code: 'configuration_error',
      problems: [
        'WORKER_DATABASE_URL is missing (or DATABASE_URL, from which it is derived)',
        'MIGRATOR_DATABASE_URL is missing (or DATABASE_URL, from which it is derived)',
      ],
    }),
  )
  expect(() => assertLoginUrls(['platform'])).not.toThrow()
  const derived = await read({ DATABASE_URL: adminUrl })
  expect(() => derived.assertLoginUrls(['platform', 'worker', 'migrator'])).not.toThrow()
})

test('derived URLs have the format of user names that a pooler needs', async () => {
  const usernameOf = async (variables: Record<string, string>) => {
    const { loginUrls } = await read({ DATABASE_URL: adminUrl, ...variables })
    return new URL(loginUrls().tenant).username
  }
  expect(await usernameOf({})).toBe('rowhouse_tenant')
  expect(await usernameOf({ DATABASE_USERNAME_FORMAT: '{role}.project' })).toBe(
    'rowhouse_tenant.project',
  )
  const { env } = await read({ DATABASE_USERNAME_FORMAT: '.project' })
  expect(() => env()).toThrow('DATABASE_USERNAME_FORMAT must contain {role}')
})
