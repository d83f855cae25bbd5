import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@playwright/test'
import { seededLogins } from './fixtures'

// The same build with an https APP_URL, as behind a proxy that terminates TLS. Browsers treat
// localhost as secure, so they accept Secure cookies here without the proxy.

const port = Number(process.env.E2E_PORT ?? 3100) + 58
const [address, httpsAddress] = [`http://localhost:${port}`, `https://localhost:${port}`]

test('over https every cookie has the __Host- prefix, and signing in and out works', async ({
  page,
}) => {
  const app = spawn(process.execPath, ['scripts/start.ts'], {
    env: {
      ...process.env,
      HOSTNAME: '127.0.0.1',
      PORT: String(port),
      APP_URL: httpsAddress,
      AUTH_URL: httpsAddress,
    },
    stdio: 'ignore',
  })
  try {
    for (
      let i = 0;
      !(await page.request.get(`${address}/healthz`).then(
        (response) => response.ok(),
        () => false,
      ));
      i++
    ) {
      if (i === 100) throw new Error('the second app did not start')
      await sleep(200)
    }
    const login = seededLogins().find(({ email }) => email === 'grace@globex.example')
    await page.goto(`${address}/sign-in`)
    await page.getByLabel('E-mail address').fill(login?.email ?? '')
    await page.getByLabel('Password').fill(login?.password ?? '')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL(/\/orders$/)
    const cookies = (await page.context().cookies(address)).filter(({ name }) =>
      name.includes('rowhouse'),
    )
    expect(cookies.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['__Host-rowhouse.session', '__Host-rowhouse.device']),
    )
    for (const cookie of cookies)
      expect(cookie).toMatchObject({
        name: expect.stringMatching(/^__Host-/) as unknown,
        secure: true,
        path: '/',
        domain: 'localhost',
        httpOnly: true,
        sameSite: 'Lax',
      })

    const token = await page.request.get(`${address}/api/auth/csrf`, {
      headers: { 'x-forwarded-proto': 'https' },
    })
    const [setCookie = ''] = token
      .headersArray()
      .filter(({ name }) => name.toLowerCase() === 'set-cookie')
      .map(({ value }) => value)
    expect(setCookie).toMatch(
      /^__Host-rowhouse\.csrf=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/i,
    )
    expect(setCookie).not.toMatch(/domain/i)
    expect(
      (
        await page.request.get(`${address}/orders`, {
          headers: {
            cookie: cookies
              .map(({ name, value }) => `${name.replace('__Host-', '')}=${value}`)
              .join('; '),
          },
          maxRedirects: 0,
        })
      ).status(),
    ).toBe(307)

    await page
      .getByRole('button', { name: /^Account:/ })
      .first()
      .click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await expect(page).toHaveURL(/sign-in/)
    expect((await page.context().cookies(address)).map(({ name }) => name)).not.toContain(
      '__Host-rowhouse.session',
    )
  } finally {
    app.kill('SIGTERM')
    await once(app, 'exit')
  }
})
