import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { builtActions, send } from './fuzz-requests'
import { seededLogins, signInAs } from './fixtures'
import { startReverseProxy, type ReverseProxy } from './reverse-proxy'
import * as users from '#db/accounts/users'
import { platform } from '#db/tenancy'

// Two builds behind a load balancer, as during a deployment. The other build is a copy of this one, with
// another build id, and without the action that creates a customer: it has another name there.

const port = Number(process.env.E2E_PORT ?? 3100)
const otherPort = port + 60
const folder = mkdtempSync(join(tmpdir(), 'rowhouse-release-'))
let other: ChildProcess | undefined
let proxy: ReverseProxy

test.beforeAll(async () => {
  copyBuild(folder)
  proxy = await startReverseProxy(port + 61, { target: port })
  other = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      HOSTNAME: '127.0.0.1',
      PORT: String(otherPort),
      APP_URL: proxy.url,
      AUTH_URL: proxy.url,
    },
    stdio: 'ignore',
  })
  const isReady = () =>
    fetch(`http://127.0.0.1:${otherPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  await expect.poll(isReady, { timeout: 40_000 }).toBe(true)
})

test.afterAll(async () => {
  proxy.close()
  if (other) {
    other.kill('SIGKILL')
    await once(other, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
})

function copyBuild(target: string): void {
  cpSync('.next/standalone', target, { recursive: true, verbatimSymlinks: true })
  cpSync('.next/static', join(target, '.next/static'), { recursive: true })
  const buildId = readFileSync('.next/BUILD_ID', 'utf8').trim()
  const id = builtActions().find(({ name }) => name === 'createCustomer')?.id ?? 'none'
  const otherId = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
  for (const entry of readdirSync(join(target, '.next'), {
    recursive: true,
    withFileTypes: true,
  })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile() || file.includes('node_modules')) continue
    const text = readFileSync(file, 'utf8')
    if (
      /\.(js|json|html|rsc)$|BUILD_ID$/.test(file) &&
      (text.includes(id) || text.includes(buildId))
    )
      writeFileSync(file, text.replaceAll(id, otherId).replaceAll(buildId, `other${buildId}`))
  }
}

test('a page of one build can call the actions that both have', async ({ page }) => {
  const login = seededLogins().find(({ email }) => email === 'grace@globex.example')
  proxy.target = port
  await page.goto(`${proxy.url}/sign-in`)
  await page.getByLabel('E-mail address').fill(login?.email ?? '')
  await page.getByLabel('Password').fill(login?.password ?? '')
  proxy.target = otherPort
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(/\/orders$/)
  await expect(page.getByRole('heading', { name: 'Orders', level: 1 })).toBeVisible()
})

test('a page of one build whose action the other does not have is reloaded with what was typed', async ({
  page,
}) => {
  const ada = await users.byEmail(platform(), 'ada@acme.example')
  await signInAs(page, ada?.id ?? '')
  proxy.target = port
  await page.goto(`${proxy.url}/customers`)
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'New customer' }).click()
  await dialog.getByLabel('Name').fill('Release Bakery')
  await dialog.getByLabel('E-mail address').fill('release@bakery.example')
  proxy.target = otherPort
  const create = dialog.getByRole('button', { name: /^(Create|Save)/ })
  await create.click()
  await expect(dialog.getByRole('alert')).toContainText('A new version is available.')
  await expect(dialog.getByLabel('Name')).toHaveValue('Release Bakery')
  await dialog.getByRole('button', { name: 'Reload' }).click()

  await page.getByRole('button', { name: 'New customer' }).click()
  await expect(dialog.getByText('What you had typed is filled in again.')).toBeVisible()
  await expect(dialog.getByLabel('Name')).toHaveValue('Release Bakery')
  await expect(dialog.getByLabel('E-mail address')).toHaveValue('release@bakery.example')
  await create.click()
  await expect(page.getByRole('heading', { name: 'Release Bakery' })).toBeVisible()
})

test('a form that was sent before its page had started gets a page that says what to do', async () => {
  const boundary = 'boundary'
  const response = await send(otherPort, {
    method: 'POST',
    path: '/sign-in',
    headers: {
      origin: `http://localhost:${otherPort}`,
      accept: 'text/html',
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
    body: `--${boundary}\r\nContent-Disposition: form-data; name="$ACTION_ID_60${'a'.repeat(40)}"\r\n\r\n\r\n--${boundary}--\r\n`,
  })
  expect(response.status).toBe(409)
  expect(response.body).toContain('A new version is available')
})
