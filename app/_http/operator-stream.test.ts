import { tenancy, platform } from '#db/tenancy'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { newId, closePools } from '@rowhouse/tenancy'
import { operators } from '#db/schema/platform'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

const signedIn = vi.hoisted(() => ({ token: '' }))
vi.mock('next/navigation', () => ({
  notFound: () => {
    throw new Error('not found')
  },
  redirect: () => {
    throw new Error('redirect')
  },
}))
vi.mock('next/headers', () => ({
  headers: async () => new Headers(),
  cookies: async () => ({ get: () => undefined }),
}))
vi.mock('#app/_session/session', () => ({
  auth: async () => ({ ...(await sessions.read(signedIn.token)), token: signedIn.token }),
}))

const { operatorStream } = await import('#app/_http/operator-stream')

let olivia = ''
beforeAll(async () => {
  olivia = (
    await users.create(platform(), {
      email: `${newId()}@rowhouse.example`,
      name: 'Olivia',
      verified: true,
    })
  ).id
  signedIn.token = await sessions.start(olivia, { device: '', address: '' })
})
afterAll(() => closePools(tenancy()))

/** The whole text of a stream that ends. */
async function streamText(
  read: () => Promise<{ over: boolean }>,
  whileOpen: () => Promise<unknown> = async () => {},
): Promise<string> {
  const response = await operatorStream(new Request('http://localhost:3000/'), read)
  const [text] = await Promise.all([response.text(), whileOpen()])
  return text
}

test('a stream sends each state once, and an event at its end', async () => {
  await users.makeOperator(platform(), olivia, 'test')
  let polls = 0
  const text = await streamText(async () => ({ over: ++polls > 5, step: Math.floor(polls / 3) }))
  expect(text.match(/^data: .*step.*$/gm)).toEqual([
    'data: {"over":false,"step":0}',
    'data: {"over":false,"step":1}',
    'data: {"over":true,"step":2}',
  ])
  expect(text.endsWith('event: over\ndata: {}\n\n')).toBe(true)
})

test('an endless stream ends when its caller is no longer an operator', async () => {
  const text = await streamText(
    async () => ({ over: false }),
    () => platform().delete(operators).where(eq(operators.userId, olivia)),
  )
  expect(text).not.toContain('event: over')
  await expect(
    operatorStream(new Request('http://localhost:3000/'), async () => ({ over: false })),
  ).rejects.toThrow('not found')
})
