import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { demoLogins, type DemoLogin } from '../../../db/seed/demo-logins.ts'
import type { Child } from '../../children.mjs'
import { freePort } from '../../ports.ts'
import { root } from '../../root.mjs'
import { withBuildLock } from '../build.ts'
import { vitest } from '../unit-tests.ts'
import { servingEnvironment, type ManagedRun } from './context.ts'
import { withClient } from './server.ts'

type Placement = 'shared' | 'schema' | 'database'

/** What a step found, for its line, or why it did nothing. An error is a failure. */
type StepResult = string | { skipped: string }

type Step = {
  name: string
  /** Also in the short form. */
  short?: true
  run: (run: ManagedRun) => Promise<StepResult>
}

const tiers = { shared: 'starter', schema: 'business', database: 'enterprise' } as const

/** In this order. The last ones change what the others rely on. */
export const steps: readonly Step[] = [
  { name: 'setup', short: true, run: async ({ command }) => (await command('setup'), '') },
  { name: 'setup again', short: true, run: setupAgain },
  { name: 'seed', run: seed },
  { name: 'doctor', short: true, run: doctor },
  { name: 'a tenant of each tier', short: true, run: createTenants },
  { name: 'format of passwords', run: storedPasswords },
  { name: 'worker starts', short: true, run: startWorker },
  { name: 'app serves a page', run: servePage },
  { name: 'move shared to database', short: true, run: move('shared', 'database') },
  { name: 'move database to shared', short: true, run: move('database', 'shared') },
  { name: 'move shared to schema', run: move('shared', 'schema') },
  { name: 'move schema to database', run: move('schema', 'database') },
  { name: 'move database to schema', run: move('database', 'schema') },
  { name: 'move schema to shared', run: move('schema', 'shared') },
  { name: 'rollback', run: rollback },
  { name: 'rotate', run: rotate },
  { name: 'export and import', run: exportAndImport },
  { name: 'restore', run: restore },
  { name: 'erase', run: erase },
  { name: 'setup by another administrator', run: setupByAnother },
  { name: 'attacks and isolation', short: true, run: attacks },
  { name: 'fleet migrate', run: migrateFleet },
  { name: 'doctor at the end', run: doctor },
]

async function setupAgain({ command, server }: ManagedRun): Promise<string> {
  const before = await server.catalogue()
  await command('setup')
  expectSame(before, await server.catalogue())
  return `${before.length} objects are unchanged`
}

function expectSame(before: string[], after: string[]): void {
  const [was, is] = [new Set(before), new Set(after)]
  const differences = [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ]
  if (differences.length > 0)
    throw new Error(`the catalogue has changed:\n${differences.slice(0, 20).join('\n')}`)
}

async function seed({ command }: ManagedRun): Promise<string> {
  await command('seed --demo')
  return ''
}

async function doctor({ command }: ManagedRun): Promise<string> {
  const { findings, notes } = await command('doctor')
  if (!Array.isArray(findings) || findings.length > 0)
    throw new Error(`the doctor found ${JSON.stringify(findings)}`)
  if (!Array.isArray(notes) || notes.length === 0)
    throw new Error('the doctor has no note, although an administrator cannot harden such a server')
  return `${notes.length} notes`
}

async function createTenants({ command }: ManagedRun): Promise<string> {
  for (const [placement, tier] of Object.entries(tiers))
    await command(`tenant create new-${placement} --owner new@example.com --tier ${tier}`)
  return ''
}

/** A verifier that the server made itself has the number of iterations that is set there. */
async function storedPasswords({ model, major, server }: ManagedRun): Promise<StepResult> {
  if (major < 16) return { skipped: 'PostgreSQL 15 has no scram_iterations' }
  const expected = model.plaintextPasswords ? '5000' : '4096'
  return await withClient(server.superuserUrl, async (superuser) => {
    const { rows } = await superuser.query<{ name: string; iterations: string }>(
      `select rolname as name, substring(rolpassword from '^SCRAM-SHA-256.(\\d+):') as iterations
       from pg_authid where rolname ~ '^(rowhouse|t)_' and rolcanlogin`,
    )
    const wrong = rows.filter(({ iterations }) => iterations !== expected)
    if (rows.length === 0 || wrong.length > 0)
      throw new Error(
        `${model.plaintextPasswords ? 'a verifier' : 'a plaintext password'} was sent for ${wrong.map(({ name }) => name).join(', ')}`,
      )
    return `${rows.length} ${model.plaintextPasswords ? 'plaintext passwords' : 'verifiers'} were sent`
  })
}

async function startWorker(run: ManagedRun): Promise<string> {
  const worker = run.children.start('the worker', ['db/worker.ts'], {
    cwd: root,
    env: servingEnvironment(run.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  run.worker = worker
  const lines = await waitForLine(worker, (line) => line.includes('worker started'))
  void worker.ended.then(({ code, how }) => {
    if (code !== 0) console.log(`      the worker ${how}:\n${lines.slice(-20).join('\n')}`)
  })
  return ''
}

async function servePage(run: ManagedRun): Promise<StepResult> {
  if (!existsSync(join(root, '.next/standalone/server.js')))
    return { skipped: 'there is no build (npm run build)' }
  return await withBuildLock(() => readOrders(run))
}

async function readOrders({ children, env }: ManagedRun): Promise<string> {
  const port = await freePort(3200)
  const url = `http://localhost:${port}`
  const app = children.start('the app', ['scripts/start.ts'], {
    cwd: root,
    env: {
      ...servingEnvironment(env),
      APP_URL: url,
      AUTH_URL: url,
      PORT: String(port),
      NODE_ENV: 'production',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = Promise.all(
    [app.process.stdout, app.process.stderr].map(async (stream) => (stream ? text(stream) : '')),
  )
  try {
    await waitUntilServing(`${url}/readyz`, app)
    const [login] = demoLogins()
    if (!login) throw new Error('there is no demo login')
    const cookie = await signIn(url, login)
    for (const path of ['/orders', '/customers', '/activity']) {
      const response = await fetch(url + path, { headers: { cookie } })
      const body = await response.text()
      if (response.status !== 200 || response.redirected || !body.includes('Acme'))
        throw new Error(`GET ${path} answered ${response.status} at ${response.url}`)
    }
    return 'signed in, and opened three pages of Acme'
  } catch (error) {
    await children.end(app)
    throw new Error(`${(error as Error).message}\n${(await output).join('\n').trim()}`, {
      cause: error,
    })
  } finally {
    await children.end(app)
  }
}

/** Submits the sign-in form as a browser without JavaScript, and returns the cookies. */
async function signIn(url: string, { email, password }: DemoLogin): Promise<string> {
  const page = await (await fetch(`${url}/sign-in`)).text()
  const form = /<form[^>]*aria-label="Sign in".*?<\/form>/s.exec(page)?.[0] ?? ''
  const body = new FormData()
  for (const [input] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1] ?? ''
    body.set(name, (/value="([^"]*)"/.exec(input)?.[1] ?? '').replaceAll('&quot;', '"'))
  }
  body.set('email', email)
  body.set('password', password)
  const response = await fetch(`${url}/sign-in`, {
    method: 'POST',
    headers: { origin: url },
    body,
    redirect: 'manual',
  })
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0])
  if (response.status !== 303 || cookies.length === 0)
    throw new Error(`the sign-in of ${email} answered ${response.status}`)
  return cookies.join('; ')
}

async function waitUntilServing(url: string, app: Child): Promise<void> {
  const deadline = Date.now() + 30_000
  for (let status = 'no answer'; ; await sleep(200)) {
    try {
      const response = await fetch(url)
      if (response.ok) return
      status = `${response.status} ${await response.text()}`
    } catch (error) {
      if (app.process.exitCode !== null) throw new Error('the app has ended', { cause: error })
    }
    if (Date.now() > deadline) throw new Error(`${url} is not ready after 30 s: ${status}`)
  }
}

/** The tenant that is moved, and its owner. The short form has no demo data. */
const movedTenant = ({ short }: ManagedRun) =>
  short
    ? { slug: 'new-shared', owner: 'new@example.com' }
    : { slug: 'acme', owner: 'ada@acme.example' }

/** Moves the tenant, which is in `from`, while its owner writes. */
function move(from: Placement, to: Placement): Step['run'] {
  return (run) =>
    underWriter(run, async (slug) => {
      await run.command(`tenant move ${slug} --to ${to} --tier ${tiers[to]} --wait`)
      await run.command(`tenant move ${slug} --confirm --wait`)
      await expectPlacement(run, { slug, expected: to, after: `the move from ${from}` })
    })
}

async function rollback(run: ManagedRun): Promise<string> {
  return await underWriter(run, async (slug) => {
    await run.command(`tenant move ${slug} --to schema --tier business --wait`)
    await run.command(`tenant move ${slug} --rollback --wait`)
    await expectPlacement(run, { slug, expected: 'shared', after: 'the rollback' })
  })
}

async function expectPlacement(
  { command }: ManagedRun,
  { slug, expected, after }: { slug: string; expected: Placement; after: string },
): Promise<void> {
  const { placement } = await command(`tenant show ${slug}`)
  const { kind } = placement as { kind: string }
  if (kind !== expected)
    throw new Error(`after ${after}, ${slug} is in ${kind} and not in ${expected}`)
}

type WriterReport = {
  transactions: number
  refusals: number
  doubts: number
  lost: number
  doubled: number
  resurrected: number
  examples: string[]
}

/** Runs `work` while the owner writes orders, and fails if one is lost, doubled or refused. */
async function underWriter(
  run: ManagedRun,
  work: (slug: string) => Promise<void>,
): Promise<string> {
  const { slug, owner } = movedTenant(run)
  const writer = run.children.start('the writer', ['scripts/test/managed/writer.ts', slug, owner], {
    cwd: root,
    env: servingEnvironment(run.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const lines = await waitForLine(writer, (line) => line === 'started')
  try {
    await work(slug)
  } finally {
    writer.process.stdin?.end()
    await writer.ended
  }
  const report: WriterReport = JSON.parse(lines.at(-1) ?? '')
  const { transactions, refusals, doubts, lost, doubled, resurrected } = report
  if (lost + doubled + resurrected + refusals + doubts > 0 || transactions < 10)
    throw new Error(`the writer's ledger differs: ${JSON.stringify(report)}`)
  return `${transactions} transactions, none lost or refused`
}

/** Waits for a line of output. The returned list grows with every later line. */
async function waitForLine(child: Child, matches: (line: string) => boolean): Promise<string[]> {
  const lines: string[] = []
  const { stdout, stderr } = child.process
  const found = new Promise<true>((resolve) => {
    for (const stream of [stdout, stderr])
      if (stream)
        createInterface({ input: stream }).on('line', (line) => {
          lines.push(line)
          if (matches(line)) resolve(true)
        })
  })
  const result = await Promise.race([found, child.ended, sleep(60_000)])
  if (result !== true)
    throw new Error(
      `${child.name} ${result === undefined ? 'printed nothing for 60 s' : result.how}:\n${lines.join('\n')}`,
    )
  return lines
}

async function rotate({ command }: ManagedRun): Promise<string> {
  for (const slug of ['initech', 'umbrella']) {
    const { url: before } = await command(`tenant url ${slug}`)
    await command(`tenant rotate ${slug} --reason test`)
    const { url } = await command(`tenant url ${slug}`)
    await withClient(String(url), (client) => client.query('select'))
    const refused = await withClient(String(before), (client) => client.query('select')).then(
      () => false,
      (error: { code?: string }) => error.code === '28P01',
    )
    if (!refused) throw new Error(`the former password of ${slug} is still accepted`)
  }
  return ''
}

async function exportAndImport({ command, folder }: ManagedRun): Promise<string> {
  const details: string[] = []
  for (const [slug, tier] of [
    ['globex', 'starter'],
    ['initech', 'business'],
    ['umbrella', 'enterprise'],
  ]) {
    const file = join(folder, `${slug}.zip`)
    await command(`tenant export ${slug} --out ${file}`)
    const { rows } = await command(`tenant import ${file} --as ${slug}-copy --tier ${tier}`)
    details.push(`${slug} ${String(rows)} rows`)
  }
  return details.join(', ')
}

async function restore({ command, folder }: ManagedRun): Promise<string> {
  for (const slug of ['globex', 'umbrella'])
    await command(`tenant restore ${slug} --from ${join(folder, `${slug}.zip`)} --yes`)
  return ''
}

async function erase({ command, server }: ManagedRun): Promise<string> {
  const slugs = ['globex-copy', 'initech-copy', 'umbrella-copy', 'new-schema', 'new-database']
  const roles: string[] = []
  for (const slug of slugs) {
    const { id } = await command(`tenant show ${slug}`)
    roles.push(`t_${String(id).replaceAll('-', '')}`)
    await command(`tenant erase ${slug} --yes`)
  }
  return await withClient(server.superuserUrl, async (superuser) => {
    const { rows } = await superuser.query<{ name: string }>(
      `select rolname as name from pg_roles where rolname = any($1)
       union all select datname from pg_database where datname = any($1)`,
      [roles],
    )
    if (rows.length > 0)
      throw new Error(`roles or databases remain: ${rows.map(({ name }) => name).join(', ')}`)
    return `${slugs.length} tenants`
  })
}

/** The first administrator runs the statements that `setup` prints for the second one. */
async function setupByAnother({ command, server, env }: ManagedRun): Promise<string> {
  const statements: string[] = []
  for (;;) {
    const failed = await command('setup', {
      env: { ...env, DATABASE_URL: server.adminUrls[1] },
    }).then(
      () => undefined,
      (error: Error) => error,
    )
    if (failed === undefined) break
    const [, first = '', statement = ''] =
      /Hint: as (\w+), run: ([^;\n]*)$/m.exec(failed.message) ?? []
    const expected = new URL(server.adminUrls[0]).username
    if (first !== expected || statements.includes(statement)) throw failed
    await withClient(server.adminUrls[0], (client) => client.query(statement))
    statements.push(statement)
  }
  await command('setup')
  return `the first one ran ${statements.length} statements`
}

/** Runs the attack corpus, and in the long form the isolation suites, as this administrator. */
async function attacks(run: ManagedRun): Promise<string> {
  const {
    passed,
    failed,
    failures = [],
    detail,
  } = await vitest(
    {
      children: run.children,
      args: [
        'packages/tenancy/src/context/attacks',
        ...(run.short ? [] : ['packages/tenancy/src/context/isolation', 'db/isolation']),
      ],
    },
    { name: run.name, env: { ...run.env, NODE_ENV: 'test' } },
  )
  if (failed > 0) throw new Error([`${failed} tests failed`, ...failures, detail ?? ''].join('\n'))
  return `${passed} tests`
}

/** The next release: a checkout whose tenant history is one migration longer. */
async function migrateFleet({ command, folder }: ManagedRun): Promise<string> {
  const release = join(folder, 'next-release')
  cpSync(join(root, 'drizzle'), join(release, 'drizzle'), { recursive: true })
  symlinkSync(join(root, 'db'), join(release, 'db'))
  const history = join(release, 'drizzle/tenant')
  const journalFile = join(history, 'meta/_journal.json')
  const journal: { entries: { idx: number; tag: string }[] } = JSON.parse(
    readFileSync(journalFile, 'utf8'),
  )
  const tag = '9001_next_release'
  journal.entries.push({ idx: 9001, tag })
  writeFileSync(journalFile, JSON.stringify(journal))
  writeFileSync(
    join(history, `${tag}.sql`),
    'alter table orders add column shipped_by text;--> statement-breakpoint\ncreate index orders_shipped_by on orders (tenant_id, shipped_by);',
  )
  const options = { cwd: release }
  const { done } = await command('fleet migrate', options)
  await command('fleet status --check --inspect', options)
  await command('fleet verify', options)
  await command('doctor', options)
  return `${(done as unknown[]).length} targets`
}
