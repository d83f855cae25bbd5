import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { derivedLoginUrl } from '@rowhouse/tenancy'
import { findPgbouncer, startPgbouncer } from '@rowhouse/tenancy/testing'
import { findBrowser } from '../browser.ts'
import type { Child, ChildGroup } from '../children.mjs'
import { runDemoSeed, runSetup } from '../commands.ts'
import type { Environment } from '../environment.ts'
import { freePort } from '../ports.ts'
import { root } from '../root.mjs'
import { withBuildLock } from './build.ts'
import { withEmptyDatabase } from './demo-database.ts'
import { startNginx } from './nginx.ts'
import { runPlaywright } from './playwright.ts'
import { skipped, type TestStepContext, type TestStepResult } from './step-result.ts'

const workerPid = join(root, '.data', 'e2e-worker.pid')
const options = ['--all', '--nginx', '--pgbouncer']

/**
 * Runs Playwright against the production build with demo data. `--nginx` puts nginx with TLS and
 * HTTP/2 in front of the app, `--pgbouncer` a PgBouncer that refuses start-up parameters behind it;
 * with either, only the tests of a deployment run.
 */
export async function browserTests({ children, args }: TestStepContext): Promise<TestStepResult> {
  if (!existsSync(join(root, 'app'))) return skipped('there is no app/')
  if (!existsSync(join(root, '.next/standalone/server.js')))
    throw new Error('there is no production build; run npm run test:e2e, which makes one')
  const browser = await findBrowser()
  const has = (option: string) => args.includes(option)
  const port = await freePort(3100)
  return await withBuildLock(() =>
    withEmptyDatabase(port, async (direct) => {
      await runSetup(direct, children)
      const logins = await runDemoSeed(direct, children)
      const stops: (() => Promise<void>)[] = []
      try {
        const pooler = has('--pgbouncer') ? await startPooler(direct) : undefined
        if (pooler) stops.push(pooler.stop)
        const appEnv = { ...direct, ...pooler?.urls }
        const worker = supervisedWorker(children, appEnv)
        stops.push(worker.end)
        const proxy = has('--nginx') ? await startProxy(port) : undefined
        if (proxy) stops.push(proxy.stop)
        const url = proxy?.url ?? `http://localhost:${port}`
        const env = {
          ...appEnv,
          ...(has('--all') && { E2E_ALL: '1' }),
          ...(proxy && { TRUSTED_PROXIES: '1', E2E_HTTP_PORT: String(proxy.httpPort) }),
          ...((proxy ?? pooler) && { E2E_DEPLOYMENT: '1' }),
          E2E_PORT: String(port),
          E2E_WORKER_PID: workerPid,
        }
        const playwrightArgs = args.filter((argument) => !options.includes(argument))
        return await runPlaywright(children, { env, url, logins, browser, args: playwrightArgs })
      } finally {
        for (const stop of stops.reverse()) await stop()
      }
    }),
  )
}

/** PgBouncer as providers configure it, for the logins that may use one. */
async function startPooler(
  env: Environment,
): Promise<{ urls: Environment; stop: () => Promise<void> }> {
  const found = findPgbouncer()
  if ('missing' in found) throw new Error(found.missing)
  const admin = new URL(env.DATABASE_URL ?? '')
  const { port, stop } = await startPgbouncer(found.path, {
    url: admin.href,
    users: [[admin.username, decodeURIComponent(admin.password)]],
    authUser: admin.username,
    connections: 10,
  })
  const direct = (login: 'platform' | 'tenant') =>
    derivedLoginUrl(admin.href, login, env.AUTH_SECRET ?? '')
  const pooled = (login: 'platform' | 'tenant') =>
    Object.assign(new URL(direct(login)), { port: String(port) }).href
  return {
    urls: {
      PLATFORM_DATABASE_URL: pooled('platform'),
      TENANT_DATABASE_URL: pooled('tenant'),
      LISTEN_DATABASE_URL: direct('platform'),
    },
    stop,
  }
}

async function startProxy(
  appPort: number,
): Promise<{ url: string; httpPort: number; stop: () => Promise<void> }> {
  const httpsPort = await freePort(8443)
  const httpPort = await freePort(httpsPort + 1)
  const stop = await startNginx({ httpPort, httpsPort, appPort })
  return { url: `https://localhost:${httpsPort}`, httpPort, stop }
}

/** A worker that is restarted when a test kills it. Its process id is in `workerPid`. */
function supervisedWorker(children: ChildGroup, env: Environment): { end: () => Promise<void> } {
  let ending = false
  const start = (): Child => {
    const worker = children.start('the worker', ['db/worker.ts'], { cwd: root, env })
    writeFileSync(workerPid, String(worker.pid))
    void worker.ended.then(({ how }) => {
      if (ending) return
      console.log(`the worker ${how}; starting another`)
      setTimeout(() => {
        try {
          if (!ending) child = start()
        } catch {
          // the whole run is being stopped
        }
      }, 500)
    })
    return worker
  }
  let child = start()
  return {
    end: () => {
      ending = true
      return children.end(child)
    },
  }
}
