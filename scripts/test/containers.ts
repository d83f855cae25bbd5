import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { derivedLoginUrl } from '@rowhouse/tenancy'
import { findBrowser } from '../browser.ts'
import { baseImage } from '../container/base-image.ts'
import { findEngine, type ContainerEngine } from '../container/engine.ts'
import type { Environment } from '../environment.ts'
import { freePort } from '../ports.ts'
import { root } from '../root.mjs'
import { withBuildLock } from './build.ts'
import { withEmptyDatabase } from './demo-database.ts'
import { runPlaywright } from './playwright.ts'
import { failure, type TestStepContext, type TestStepResult } from './step-result.ts'

const images = { app: 'localhost/rowhouse-app:test', worker: 'localhost/rowhouse-worker:test' }
type Name = keyof typeof images
const names = Object.keys(images) as Name[]
const container = (name: Name) => `rowhouse-test-${name}`

const largestMb = 350
/** What Kubernetes and `docker stop` in compose.yaml wait for. */
const graceSeconds: Record<Name, number> = { app: 20, worker: 30 }
const restrictions =
  '--no-healthcheck --network host --read-only --cap-drop all --security-opt no-new-privileges'.split(
    ' ',
  )
const specs = ['sign-in', 'orders', 'export-and-erasure', 'console'].map(
  (name) => `${name}.spec.ts`,
)

/**
 * Builds the images of the Dockerfile and runs everything from them: setup, seed, app, worker and
 * browser tests, against the embedded PostgreSQL.
 */
export async function containerTests({ children }: TestStepContext): Promise<TestStepResult> {
  const engine = findEngine()
  const browser = await findBrowser()
  const result: TestStepResult = { passed: 0, failed: 0, failures: [] }
  const check = async (claim: string, work: () => unknown) => {
    try {
      await work()
      console.log(`✓ ${claim}`)
      result.passed++
    } catch (error) {
      console.log(`✗ ${claim}\n  ${(error as Error).message}`)
      result.failed++
      result.failures?.push(failure(`containers › ${claim}`, (error as Error).message))
    }
  }

  const base = await baseImage(engine)
  for (const name of names) await build(engine, name, base)
  for (const name of names) {
    const image = await inspectImage(engine, name)
    const mb = Math.round(image.Size / 1e6)
    await check(`the ${name} image has ${mb} MB, at most ${largestMb}`, () =>
      assert.ok(mb <= largestMb),
    )
    await check(
      `the ${name} image names a user by number who is not root, and a health check`,
      () => {
        assert.match(image.Config.User, /^[1-9]\d*:[1-9]\d*$/)
        assert.ok(healthCommand(image).length > 0)
      },
    )
  }
  await check('neither image contains sandbox commands, tests or build tools', async () => {
    for (const name of names)
      assert.equal(
        await runOnce(engine, name, {}, ['sh', '-c', unneededFiles]),
        '',
        `in the ${name} image`,
      )
  })

  const port = await freePort(3100)
  const exports = mkdtempSync(join(tmpdir(), 'rowhouse-exports-'))
  chownSync(exports, 1000, 1000)
  await withBuildLock(() =>
    withEmptyDatabase(port, async (demo) => {
      const env = productionEnvironment(demo, port)
      try {
        const admin = { ...env, DATABASE_URL: demo.DATABASE_URL ?? '' }
        await check('setup runs from the worker image', () =>
          runOnce(engine, 'worker', admin, ['rowhouse', 'setup']),
        )
        const seed = await runOnce(engine, 'worker', { ...env, NODE_ENV: 'development' }, [
          'rowhouse',
          'seed',
          '--demo',
          '--json',
        ])
        const { logins } = JSON.parse(seed)
        await check('the doctor finds nothing from the worker image', () =>
          runOnce(engine, 'worker', admin, ['rowhouse', 'doctor']),
        )
        for (const name of names)
          await engine.run('run', [
            '--detach',
            '--name',
            container(name),
            '--volume',
            `${exports}:/exports`,
            ...restrictions,
            ...variables(env),
            images[name],
          ])
        for (const name of names)
          await check(`the health check of the ${name} passes`, () => becomesHealthy(engine, name))

        const walk = await runPlaywright(children, {
          env: { ...demo, E2E_DEPLOYMENT: '1', E2E_SERVER: 'running', E2E_PORT: String(port) },
          url: `http://localhost:${port}`,
          logins,
          browser,
          args: specs,
        })
        result.passed += walk.passed
        result.failed += walk.failed
        result.failures?.push(...(walk.failures ?? []))

        for (const name of names)
          await check(`SIGTERM ends the ${name} in time, with a last line in its log`, () =>
            stopsInTime(engine, name),
          )
      } finally {
        if (result.failed > 0)
          for (const name of names)
            console.log(await engine.run('logs', [container(name)]).catch(() => ''))
        await engine.run('rm', ['--force', ...names.map(container)]).catch(() => '')
        rmSync(exports, { recursive: true })
      }
    }),
  )
  return result
}

const unneededFiles = `
  find /rowhouse/db /rowhouse/packages -name '*.test.ts' -o -name 'sandbox-sql*'
  find /rowhouse/node_modules -path '*/@next/swc-*' -o -path '*/@img/*' -o -name playwright -o -name vitest`

function build(engine: ContainerEngine, name: Name, base: string): Promise<string> {
  console.log(`building ${images[name]} on ${base} …`)
  return engine.run('build', [
    '--network',
    'host',
    '--build-arg',
    `BASE_IMAGE=${base}`,
    '--target',
    name,
    '--tag',
    images[name],
    root,
  ])
}

type Image = {
  Size: number
  Config: { User: string; Healthcheck?: { Test: string[] } }
  /** where Podman has it */
  Healthcheck?: { Test: string[] }
}

async function inspectImage(engine: ContainerEngine, name: Name): Promise<Image> {
  const [image] = JSON.parse(await engine.run('image', ['inspect', images[name]])) as Image[]
  if (image === undefined) throw new Error(`${engine.name} does not know ${images[name]}`)
  return image
}

const healthCommand = ({ Config, Healthcheck }: Image): string[] =>
  (Config.Healthcheck ?? Healthcheck)?.Test.slice(1) ?? []

const variables = (env: Environment): string[] =>
  Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])

const runOnce = (
  engine: ContainerEngine,
  name: Name,
  env: Environment,
  command: string[],
): Promise<string> =>
  engine.run('run', ['--rm', ...restrictions, ...variables(env), images[name], ...command])

/** What a production deployment sets: no administrator, one URL for each login. */
function productionEnvironment(
  { DATABASE_URL = '', AUTH_SECRET = '', ENCRYPTION_KEY = '' }: Environment,
  port: number,
): Environment {
  const url = (login: 'platform' | 'tenant' | 'worker' | 'migrator') =>
    derivedLoginUrl(DATABASE_URL, login, AUTH_SECRET)
  return {
    AUTH_SECRET,
    ENCRYPTION_KEY,
    APP_URL: `http://localhost:${port}`,
    PORT: String(port),
    HOSTNAME: '127.0.0.1',
    OPERATOR_SECOND_FACTOR: 'optional',
    PLATFORM_DATABASE_URL: url('platform'),
    TENANT_DATABASE_URL: url('tenant'),
    WORKER_DATABASE_URL: url('worker'),
    MIGRATOR_DATABASE_URL: url('migrator'),
  }
}

async function becomesHealthy(engine: ContainerEngine, name: Name): Promise<void> {
  const command = healthCommand(await inspectImage(engine, name))
  for (let tries = 0; ; tries++) {
    try {
      await engine.run('exec', [container(name), ...command])
      return
    } catch (error) {
      if (tries === 40) throw error
      await sleep(500)
    }
  }
}

async function stopsInTime(engine: ContainerEngine, name: Name): Promise<void> {
  const started = performance.now()
  await engine.run('stop', ['--time', String(graceSeconds[name]), container(name)])
  const seconds = (performance.now() - started) / 1000
  const [state] = JSON.parse(await engine.run('container', ['inspect', container(name)])) as {
    State: { ExitCode: number }
  }[]
  const lines = (await engine.run('logs', [container(name)])).trim().split('\n')
  assert.equal(state?.State.ExitCode, 0)
  assert.ok(seconds < graceSeconds[name], `took ${seconds.toFixed(1)} s`)
  const { msg } = JSON.parse(lines.at(-1) ?? '') as { msg: string }
  assert.match(msg, /stop/)
  console.log(`  ${seconds.toFixed(1)} s, last line: ${msg}`)
}
