import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { dropWithTenants } from '@rowhouse/tenancy/testing'
import { findBrowser } from '../browser.mjs'
import { seedDemo, setUp } from '../commands.mjs'
import { developmentEnvironment, withDatabase } from '../environment.mjs'
import { withLock } from '../lock.mjs'
import { freePort } from '../ports.mjs'
import { root } from '../root.mjs'
import { buildLock, tellWaiting } from './build.mjs'
import { counted, failure, fileOf, freshReport, skipped } from './outcome.mjs'

const workerPid = join(root, '.data', 'e2e-worker.pid')

/** The production build with demo data, used as a person would. */
export async function browserTests(context) {
  if (!existsSync(join(root, 'app'))) return skipped('there is no app/ yet')
  if (!existsSync(join(root, '.next/standalone/server.js')))
    throw new Error('there is no production build; run npm run test:e2e, which makes one')
  const browser = await findBrowser()
  return await withLock(
    buildLock,
    () =>
      withDemo(context.children, (env, port, logins) =>
        playwright(context, env, { browser, port, logins }),
      ),
    { waitMs: 900_000, onWait: tellWaiting },
  )
}

async function withDemo(children, work) {
  const port = await freePort(3100)
  const { env, stop } = await developmentEnvironment('e2e', { port })
  let worker
  try {
    await dropDatabase(env.DATABASE_URL)
    await setUp(env, children)
    const logins = await seedDemo(env, children)
    worker = keptWorker(children, env)
    return await work(env, port, logins)
  } finally {
    await worker?.end()
    await dropDatabase(env.DATABASE_URL)
    await stop()
  }
}

/**
 * A worker under a supervisor: a test may kill it, and another takes over. Its number is in a file.
 */
function keptWorker(children, env) {
  let ending = false
  let child
  const begin = () => {
    child = children.start('the worker', ['db/worker.ts'], { cwd: root, env })
    writeFileSync(workerPid, String(child.pid))
    void child.ended.then(({ how }) => {
      if (ending) return
      console.log(`the worker ${how}; the next one starts`)
      setTimeout(() => {
        try {
          if (!ending) begin()
        } catch {
          // everything is being stopped
        }
      }, 500)
    })
  }
  begin()
  return {
    end: () => {
      ending = true
      return children.end(child)
    },
  }
}

/** Whether an argument says which tests to run. */
const picks = (argument) =>
  /^([^-]|-g|--(grep|project|last-failed|only-changed|test-list))/.test(argument)

async function playwright({ children, args }, env, { browser, port, logins }) {
  const report = freshReport('playwright.json')
  const url = `http://localhost:${port}`
  const all = args.includes('--all')
  const given = args.filter((argument) => argument !== '--all')
  const own = {
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
      fileOf('@playwright/test', 'cli.js'),
      'test',
      ...given,
      // who asks for some tests does not ask for all that would come before and after them
      ...(given.some(picks) ? ['--no-deps'] : []),
    ],
    { cwd: root, env: { ...env, ...own } },
  )
  const { code } = await runner.ended
  return counted(report, code, ({ stats, suites, errors }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    failures: [
      ...suites.flatMap(failuresOf),
      ...errors.map(({ message }) => failure('playwright', message)),
    ],
    note: [
      stats.flaky > 0 ? `${stats.flaky} flaky` : '',
      stats.skipped > 0 ? `${stats.skipped} skipped` : '',
    ]
      .filter(Boolean)
      .join(', '),
  }))
}

function failuresOf({ file, specs = [], suites = [] }) {
  const failed = specs
    .filter(({ ok }) => !ok)
    .map(({ title, tests }) =>
      failure(
        `e2e/${file} › ${title}`,
        tests.flatMap(({ results }) => results).findLast(({ error }) => error)?.error.message,
      ),
    )
  return [...failed, ...suites.flatMap(failuresOf)]
}

async function dropDatabase(url) {
  const adminUrl = withDatabase(url, 'postgres')
  const keeper = new pg.Client({ connectionString: adminUrl })
  await keeper.connect()
  try {
    const name = new URL(url).pathname.slice(1)
    const { rowCount } = await keeper.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) await dropWithTenants(keeper, adminUrl, name)
  } finally {
    await keeper.end()
  }
}
