// npm run test:restore: backs up a deployment with tenants in all placements, restores it on empty servers,
// and checks and times everything.
import { deepEqual } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { childGroup, stopRequested } from '../children.mjs'
import { configuredEnvironment, withDatabase, type Environment } from '../environment.ts'
import { removePostgres, startPostgres } from '../postgres.ts'
import {
  createAdministrator,
  dumpAll,
  restoreAsOwner,
  restoreDatabases,
  restoreRoles,
  rowsOf,
  type Backup,
} from '../restore/backup.ts'
import { postgresTools } from '../restore/postgres-tools.ts'
import { root } from '../root.mjs'

const serverName = { source: 'restore-source', target: 'restore-target' }
const owners = {
  acme: 'ada@acme.example',
  globex: 'grace@globex.example',
  initech: 'ines@initech.example',
  umbrella: 'umar@umbrella.example',
}

const secrets = {
  AUTH_SECRET: randomBytes(32).toString('base64'),
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
}

const bin = postgresTools()
process.env.ROWHOUSE_POSTGRES_BIN = bin
const children = childGroup()
const folder = mkdtempSync(join(tmpdir(), 'rowhouse-restore-'))
async function drill(): Promise<void> {
  const source = await freshServer(serverName.source)
  await timed('setup and four tenants', async () => {
    await command(source, 'setup')
    await command(source, 'seed', '--demo')
  })
  await withWorker(source, () =>
    timed('a move that awaits its confirmation', () =>
      command(source, 'tenant', 'move', 'acme', '--to', 'schema', '--tier', 'business', '--wait'),
    ),
  )
  const orders = await ordersOf(source)
  const backup = await timed('dump of all', () => dumpAll(bin, source.DATABASE_URL ?? '', folder))
  const rows = await rowsOf(source.DATABASE_URL ?? '', backup.databases)
  await removePostgres(serverName.source)

  for (const [way, restore] of Object.entries(ways)) {
    console.log(`\n${way}`)
    const server = await freshServer(serverName.target)
    const superuser = withDatabase(server.DATABASE_URL ?? '', 'postgres')
    const { adminUrl, options } = await timed('restore', () => restore(superuser, backup))
    const target = { ...server, DATABASE_URL: withDatabase(adminUrl, 'rowhouse') }
    deepEqual(await rowsOf(superuser, backup.databases), rows)
    console.log(await timed('restore-check', () => command(target, 'restore-check', ...options)))
    const again = await timed('restore-check, again', () =>
      command(target, 'restore-check', '--json'),
    )
    deepEqual(JSON.parse(again).repairs, [])
    await command(target, 'doctor')
    await command(target, 'fleet', 'verify')
    deepEqual(await ordersOf(target), orders)
    await withWorker(target, async () => {
      await timed('rollback of the move', () =>
        command(target, 'tenant', 'move', 'acme', '--rollback', '--wait'),
      )
      await timed('another move', () =>
        command(
          target,
          'tenant',
          'move',
          'globex',
          '--to',
          'database',
          '--tier',
          'enterprise',
          '--wait',
        ),
      )
    })
    deepEqual(await ordersOf(target), orders)
    await command(target, 'doctor')
  }
}

type Restored = { adminUrl: string; options: string[] }

const ways: Record<string, (superuser: string, backup: Backup) => Promise<Restored>> = {
  'roles and dumps': async (superuser, backup) => {
    await restoreRoles(superuser, backup)
    const errors = await restoreDatabases(bin, superuser, backup)
    if (errors > 0) throw new Error(`pg_restore reported ${errors} missing roles`)
    return { adminUrl: superuser, options: [] }
  },
  'dumps without roles': async (superuser, backup) => {
    const errors = await restoreDatabases(bin, superuser, backup)
    console.log(`  pg_restore could not grant ${errors} rights`)
    return { adminUrl: superuser, options: [] }
  },
  'dumps without roles, by an administrator who is no superuser': async (superuser, backup) => {
    const adminUrl = await createAdministrator(superuser)
    await restoreAsOwner(bin, adminUrl, backup)
    return { adminUrl, options: ['--profile', 'managed'] }
  },
}

/** Starts an empty server. The environment is that of our commands. */
async function freshServer(name: string): Promise<Environment> {
  await removePostgres(name)
  const { adminUrl } = await startPostgres({ name, durable: false })
  return {
    ...configuredEnvironment(),
    ...secrets,
    NODE_ENV: 'development',
    APP_URL: 'http://localhost:3000',
    LOG_LEVEL: 'error',
    EXPORT_DIR: folder,
    DATABASE_URL: withDatabase(adminUrl, 'rowhouse'),
  }
}

/** The number of orders and their total that the owner of each tenant sees in a session. */
async function ordersOf(env: Environment): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const [slug, email] of Object.entries(owners)) {
    const { answers, outcome } = JSON.parse(
      await run(
        env,
        ['sandbox', 'sql', '--tenant', slug, '--as', email, '--json'],
        'select count(*), sum(total_minor) from orders',
      ),
    )
    if (outcome !== 'committed' || answers[0]?.rows.length !== 1)
      throw new Error(`${email} cannot read the orders of ${slug}: ${outcome}`)
    all[slug] = answers[0].rows
  }
  return all
}

const command = (env: Environment, ...args: string[]): Promise<string> => run(env, args)

/** Runs a command of Rowhouse. If it fails, the error contains its output. */
async function run(env: Environment, args: string[], input = ''): Promise<string> {
  const child = children.start(args.join(' '), ['db/cli/main.ts', ...args], {
    env,
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.process.stdin?.end(input)
  const { stdout, stderr } = child.process
  const [out, err, { code, how }] = await Promise.all([
    stdout ? text(stdout) : '',
    stderr ? text(stderr) : '',
    child.ended,
  ])
  if (code !== 0) throw new Error(`${args.join(' ')} ${how}:\n${err}\n${out}`)
  return out.trimEnd()
}

async function withWorker<T>(env: Environment, work: () => Promise<T>): Promise<T> {
  const worker = children.start('worker', ['db/worker.ts'], { env, cwd: root, stdio: 'inherit' })
  try {
    return await work()
  } finally {
    await children.end(worker)
  }
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  console.log(`  ${what.padEnd(40)} ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return result
}

void stopRequested().then(async ({ code }) => {
  await children.stop()
  process.exit(code)
})
try {
  await drill()
} finally {
  await children.stop()
  for (const name of Object.values(serverName)) await removePostgres(name)
  rmSync(folder, { recursive: true })
}
