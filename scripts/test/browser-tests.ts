import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { dropWithTenants } from '@rowhouse/tenancy/testing'
import { findBrowser } from '../browser.ts'
import type { Child, ChildGroup } from '../children.mjs'
import { runDemoSeed, runSetup, type DemoLogin } from '../commands.ts'
import { developmentEnvironment, withDatabase, type Environment } from '../environment.ts'
import { freePort } from '../ports.ts'
import { root } from '../root.mjs'
import { withBuildLock } from './build.ts'
import {
  readReport,
  failure,
  packageFile,
  newReport,
  skipped,
  type TestStepContext,
  type TestStepResult,
} from './step-result.ts'

type Demo = { env: Environment; port: number; logins: DemoLogin[] }

const workerPid = join(root, '.data', 'e2e-worker.pid')

/** Runs Playwright against the production build with demo data. */
export async function browserTests(context: TestStepContext): Promise<TestStepResult> {
  if (!existsSync(join(root, 'app'))) return skipped('there is no app/')
  if (!existsSync(join(root, '.next/standalone/server.js')))
    throw new Error('there is no production build; run npm run test:e2e, which makes one')
  const browser = await findBrowser()
  return await withBuildLock(() =>
    withDemo(context.children, (demo) => playwright(context, demo, browser)),
  )
}

async function withDemo(
  children: ChildGroup,
  work: (demo: Demo) => Promise<TestStepResult>,
): Promise<TestStepResult> {
  const port = await freePort(3100)
  const { env, stop } = await developmentEnvironment('e2e', { port })
  const databaseUrl = env.DATABASE_URL ?? ''
  let worker: ReturnType<typeof supervisedWorker> | undefined
  try {
    await dropDatabase(databaseUrl)
    await runSetup(env, children)
    const logins = await runDemoSeed(env, children)
    worker = supervisedWorker(children, env)
    return await work({ env, port, logins })
  } finally {
    await worker?.end()
    await dropDatabase(databaseUrl)
    await stop()
  }
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

const selectsTests = (argument: string): boolean =>
  /^([^-]|-g|--(grep|project|last-failed|only-changed|test-list))/.test(argument)

type Spec = {
  title: string
  ok: boolean
  tests: { results: { error?: { message?: string } }[] }[]
}
type Suite = { file: string; specs?: Spec[]; suites?: Suite[] }
type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  suites: Suite[]
  errors: { message?: string }[]
}

async function playwright(
  { children, args }: TestStepContext,
  { env, port, logins }: Demo,
  browser: string,
): Promise<TestStepResult> {
  const report = newReport('playwright.json')
  const url = `http://localhost:${port}`
  const all = args.includes('--all')
  const forPlaywright = args.filter((argument) => argument !== '--all')
  const testEnv = {
    ...(all && { E2E_ALL: '1' }),
    E2E_BROWSER: browser,
    E2E_PORT: String(port),
    E2E_LOGINS: JSON.stringify(logins),
    E2E_REPORT: report,
    E2E_WORKER_PID: workerPid,
    APP_URL: url,
    AUTH_URL: url,
  }
  const runner = children.start(
    'playwright',
    [
      packageFile('@playwright/test', 'cli.js'),
      'test',
      ...forPlaywright,
      // selected tests run without the projects that they depend on
      ...(forPlaywright.some(selectsTests) ? ['--no-deps'] : []),
    ],
    { cwd: root, env: { ...env, ...testEnv } },
  )
  const { code } = await runner.ended
  return readReport<PlaywrightReport>(report, code, ({ stats, suites, errors }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    failures: [
      ...suites.flatMap(failuresOf),
      ...errors.map(({ message }) => failure('playwright', message)),
    ],
    detail: [
      stats.flaky > 0 ? `${stats.flaky} flaky` : '',
      stats.skipped > 0 ? `${stats.skipped} skipped` : '',
    ]
      .filter(Boolean)
      .join(', '),
  }))
}

function failuresOf({ file, specs = [], suites = [] }: Suite): string[] {
  const failed = specs
    .filter(({ ok }) => !ok)
    .map(({ title, tests }) =>
      failure(
        `e2e/${file} › ${title}`,
        tests.flatMap(({ results }) => results).findLast(({ error }) => error)?.error?.message,
      ),
    )
  return [...failed, ...suites.flatMap(failuresOf)]
}

async function dropDatabase(url: string): Promise<void> {
  const adminUrl = withDatabase(url, 'postgres')
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const name = new URL(url).pathname.slice(1)
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) await dropWithTenants(client, adminUrl, name)
  } finally {
    await client.end()
  }
}
