import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { loginUrl } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

// Every error of the started process has a meaningless message, so only classes and codes can decide.
const reword = join(process.cwd(), 'packages/tenancy/src/testing/reword/errors.ts')

let app: ChildProcess | undefined
let server: Server | undefined
afterEach(() => {
  app?.kill('SIGKILL')
  server?.close()
})

/** Runs the start-up checks in a process of their own. */
function startApp(variables: Record<string, string>): ChildProcess {
  const script = `import('#app/_http/boot').then(({ boot }) => boot()).catch(() => process.exit(3))`
  app = spawn(
    process.execPath,
    ['--conditions=react-server', '--import', reword, '--input-type=module', '-e', script],
    { env: { ...process.env, ...variables }, stdio: 'ignore' },
  )
  return app
}

test('start-up checks are repeated while the server closes every connection', async () => {
  let connections = 0
  server = createServer((socket) => {
    connections++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = Object.assign(new URL(loginUrl(tenancy(), 'platform')), { port: String(port) })
  const started = startApp({ PLATFORM_DATABASE_URL: url.href })

  await expect.poll(() => connections, { timeout: 20_000 }).toBeGreaterThan(1)
  expect(started.exitCode).toBeNull()
})

test('a login that bypasses row-level security ends the process', async () => {
  const started = startApp({ TENANT_DATABASE_URL: process.env.DATABASE_URL ?? '' })
  const [exitCode] = (await once(started, 'exit')) as [number]
  expect(exitCode).toBe(1)
})
