import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { builtActions, send } from './fuzz-requests'
import { startReverseProxy } from './reverse-proxy'

// Proxies in front of the app that replace the Host header, as nginx does by default.

const port = Number(process.env.E2E_PORT ?? 3100)

test('an action from APP_URL works when the proxy replaces the Host header', async () => {
  const action = builtActions().find(({ name }) => name === 'signInAction')
  const response = await send(port, {
    method: 'POST',
    path: '/sign-in',
    headers: {
      host: 'app',
      origin: `http://localhost:${port}`,
      accept: 'text/x-component',
      'next-action': action?.id ?? '',
      'content-type': 'text/plain;charset=UTF-8',
    },
    body: JSON.stringify([null, { email: 'nobody@acme.example', password: 'wrong' }]),
  })
  expect(response.status).toBe(200)
  expect(response.body).toContain('E-mail address or password is wrong.')
})

test('at an address that is not APP_URL the sign-in form says so, and the log says what to set', async ({
  page,
}) => {
  const proxy = await startReverseProxy(port + 62, { target: port, host: 'app' })
  try {
    await page.goto(`${proxy.url}/sign-in`)
    await page.getByLabel('E-mail address').fill('ada@acme.example')
    await page.getByLabel('Password').fill('any')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(
      page.getByText(
        `This page was opened at ${proxy.url}, but the app is set up for http://localhost:${port};`,
      ),
    ).toBeVisible()
  } finally {
    proxy.close()
  }
  const lines = readFileSync('test-results/server.log', 'utf8').split('\n')
  const warnings = lines
    .filter((line) => line.includes('does not fit APP_URL'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(warnings).toContainEqual(
    expect.objectContaining({
      header: 'host',
      received: 'app',
      remedy: expect.stringContaining('proxy_set_header Host') as unknown,
    }),
  )
})
