import { afterEach, expect, test, vi } from 'vitest'
import { oauthProviders, providerNames } from '#app/_session/oauth-providers'

const keys = vi.hoisted(() => ({ now: {} as Record<string, string> }))
vi.mock('#db/env', () => ({ env: () => keys.now }))
afterEach(() => vi.unstubAllGlobals())

const profileOf = (id: string) => {
  const provider = oauthProviders().find((one) => one.id === id)
  if (!provider?.profile) throw new Error(`there is no provider ${id}`)
  return (profile: object) =>
    provider.profile?.(profile as never, { access_token: 'token' } as never)
}
const all = {
  GITHUB_CLIENT_ID: 'a',
  GITHUB_CLIENT_SECRET: 'b',
  GOOGLE_CLIENT_ID: 'c',
  GOOGLE_CLIENT_SECRET: 'd',
  OIDC_ISSUER: 'https://id.example',
  OIDC_CLIENT_ID: 'e',
  OIDC_CLIENT_SECRET: 'f',
  OIDC_NAME: 'Ours',
}

test('a provider is offered only when all of its keys are set', () => {
  keys.now = {}
  expect(providerNames()).toEqual([])
  keys.now = {
    GITHUB_CLIENT_ID: 'a',
    GOOGLE_CLIENT_SECRET: 'd',
    OIDC_ISSUER: 'https://id.example',
    OIDC_CLIENT_ID: 'e',
  }
  expect(providerNames()).toEqual([])
  keys.now = all
  expect(providerNames()).toEqual([
    { id: 'github', name: 'GitHub' },
    { id: 'google', name: 'Google' },
    { id: 'oidc', name: 'Ours' },
  ])
})

test.each([
  [
    'the primary address when it is verified',
    [
      { email: 'other@x.example', primary: false, verified: true },
      { email: 'me@x.example', primary: true, verified: true },
    ],
    'me@x.example',
  ],
  [
    'no address when only others are verified',
    [
      { email: 'other@x.example', primary: false, verified: true },
      { email: 'me@x.example', primary: true, verified: false },
    ],
    null,
  ],
  ['no address when there is none', [], null],
])('a GitHub profile has %s', async (_, emails, email) => {
  keys.now = all
  const fetched = vi.fn(async () => Response.json(emails))
  vi.stubGlobal('fetch', fetched)
  expect(
    await profileOf('github')({ id: 7, login: 'me', name: null, email: 'public@x.example' }),
  ).toEqual({ id: '7', name: 'me', email })
  expect(fetched).toHaveBeenCalledWith(
    'https://api.github.com/user/emails',
    expect.objectContaining({
      headers: expect.objectContaining({ authorization: 'Bearer token' }) as unknown,
    }),
  )
})

test('a GitHub profile has no address when GitHub does not respond', async () => {
  keys.now = all
  vi.stubGlobal('fetch', async () => new Response('', { status: 500 }))
  expect(await profileOf('github')({ id: 7, login: 'me' })).toEqual({
    id: '7',
    name: 'me',
    email: null,
  })
})

test.each([
  [true, 'me@x.example'],
  [false, null],
  [undefined, null],
])(
  'an OpenID Connect profile has the address only when email_verified is true: %s',
  async (email_verified, email) => {
    keys.now = all
    for (const id of ['google', 'oidc'])
      expect(
        await profileOf(id)({ sub: 's', name: 'Me', email: 'me@x.example', email_verified }),
      ).toEqual({ id: 's', name: 'Me', email })
  },
)
