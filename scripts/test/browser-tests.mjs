import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { dropWithTenants } from '#db/testing/run'
import { findBrowser } from '../browser.mjs'
import { seedDemo, setUp } from '../commands.mjs'
import { developmentEnvironment, withDatabase } from '../environment.mjs'
import { withLock } from '../lock.mjs'
import { freePort } from '../ports.mjs'
import { root } from '../root.mjs'
import { buildLock, tellWaiting } from './build.mjs'
import { counted, fileOf, freshReport, skipped } from './outcome.mjs'

/** The production build with demo data, used as a person would. */
export async function browserTests(context) {
  if (!existsSync(join(root, 'app'))) return skipped('there is no app/ yet')
  if (!existsSync(join(root, '.next/standalone/server.js'))) throw new Error('there is no production build; run npm run test:e2e, which makes one')
  const browser = await findBrowser()
  return await withLock(buildLock, () => withDemo(context.children, (env, port, logins) => playwright(context, env, { browser, port, logins })), { waitMs: 900_000, onWait: tellWaiting })
}

async function withDemo(children, work) {
  const port = await freePort(3100)
  const { env, stop } = await developmentEnvironment('e2e', { port })
  let worker
  try {
    await dropDatabase(env.DATABASE_URL)
    await setUp(env, children)
    const logins = await seedDemo(env, children)
    if (existsSync(join(root, 'db/worker.ts'))) worker = children.start('the worker', ['db/worker.ts'], { cwd: root, env })
    return await work(env, port, logins)
  } finally {
    if (worker !== undefined) await children.end(worker)
    await dropDatabase(env.DATABASE_URL)
    await stop()
  }
}

async function playwright({ children, args }, env, { browser, port, logins }) {
  const report = freshReport('playwright.json')
  const url = `http://localhost:${port}`
  const all = args.includes('--all')
  const own = { ...(all && { E2E_ALL: '1' }), E2E_BROWSER: browser, E2E_PORT: String(port), E2E_LOGINS: JSON.stringify(logins), E2E_REPORT: report, APP_URL: url, AUTH_URL: url }
  const runner = children.start('playwright', [fileOf('@playwright/test', 'cli.js'), 'test', ...args.filter((argument) => argument !== '--all')], { cwd: root, env: { ...env, ...own } })
  const { code } = await runner.ended
  return counted(report, code, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    note: [stats.flaky > 0 ? `${stats.flaky} flaky` : '', stats.skipped > 0 ? `${stats.skipped} skipped` : ''].filter(Boolean).join(', '),
  }))
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
