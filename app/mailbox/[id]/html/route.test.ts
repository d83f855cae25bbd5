import { tenancy, platform } from '#db/tenancy'
import { NextRequest } from 'next/server'
import { afterAll, expect, test, vi } from 'vitest'
import { emailCsp } from '#app/_http/email-csp'
import { GET } from './route'
import { proxy } from '../../../../proxy'
import { queueEmail, readEmail } from '#db/mail/outbox'
import { closePools } from '@rowhouse/tenancy'
import { emails } from '#db/schema/accounts'

const settings = vi.hoisted(() => ({ now: {} as Record<string, string> }))
vi.mock('#db/env', async (original) => {
  const real = await original<typeof import('#db/env')>()
  return { ...real, env: () => ({ ...real.env(), ...settings.now }) }
})
afterAll(() => closePools(tenancy()))

const get = async (id: string) =>
  GET(new Request(`http://localhost/mailbox/${id}/html`), { params: Promise.resolve({ id }) })
const attack = `<script>alert(1)</script>"><img src=x onerror="alert(2)">' onmouseover='alert(3)`

test('an email is served with a policy that forbids scripts and other origins, and user input in it is escaped', async () => {
  await queueEmail(platform(), {
    to: 'a@x.example',
    kind: 'invitation',
    content: {
      subject: attack,
      paragraphs: [attack],
      link: { label: attack, url: `https://x.example/${attack}` },
      reason: attack,
    },
  })
  const [{ id } = { id: '' }] = await platform().select({ id: emails.id }).from(emails)
  const response = await get(id)
  expect(response.status).toBe(200)
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain('sandbox')
  expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src|img-src/)
  const html = await response.text()
  expect(html).not.toMatch(/<script|<img|" on|' on/)
  expect(html).toContain('&#60;script&#62;alert(1)')
  expect((await readEmail(id))?.content.text).toContain(attack)
})

test('the proxy does not replace that policy with the one for ordinary pages', async () => {
  const policyOf = async (path: string) =>
    (await proxy(new NextRequest(`http://localhost:3000${path}`))).headers.get(
      'content-security-policy',
    )
  expect(await policyOf('/mailbox/01a2060b-1936-7b76-be35-4d04e7a7fc17/html')).toBe(emailCsp)
  for (const path of ['/mailbox', '/mailbox/x/html/more', '/orders', '/orders/mailbox/x/html'])
    expect(await policyOf(path)).toMatch(/script-src 'self' 'nonce-/)
})

test('the mailbox is a 404 in production, and wherever an email server is set', async () => {
  const [{ id } = { id: '' }] = await platform().select({ id: emails.id }).from(emails)
  for (const now of [{ NODE_ENV: 'production' }, { SMTP_URL: 'smtp://localhost' }]) {
    settings.now = now
    const none = await get('00000000-0000-7000-8000-000000000000')
    const response = await get(id)
    expect([response.status, await response.text()]).toEqual([404, await none.text()])
  }
})
