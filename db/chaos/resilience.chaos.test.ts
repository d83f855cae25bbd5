import { execFileSync } from 'node:child_process'
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection, inDatabase, setup } from '@rowhouse/tenancy/admin'
import { loginUrl, closePools, readPlacements } from '@rowhouse/tenancy'
import { exports } from '@rowhouse/tenancy/data'
import type { LoadTenant } from '#db/chaos/app'
import { Load, createLoadTenants } from '#db/chaos/load'
import * as templates from '#db/mail/templates'
import { queueEmail } from '#db/mail/outbox'
import { MortalServer, Wire, WorkerProcess } from '@rowhouse/tenancy/testing'
import { platform, tenancy } from '#db/tenancy'
import { removePostgres } from '../../scripts/postgres.ts'

// Puts 200 tenants under load and injects one failure after the other, at random times. CHAOS_SEED
// repeats a run, CHAOS_TIMES sets how often each failure is injected.

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)
const times = Number(process.env.CHAOS_TIMES ?? 10)
const recoveryLimitMs = 10_000
const noProblems = { lost: [], doubled: [], unexpected: [], miscounted: [], foreign: [] }
let state = seed
const random = () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31

const main = new MortalServer('holding')
const startWorker = () => new WorkerProcess({ file: 'db/worker.ts' })
let wire: Wire
let load: Load
let tenants: LoadTenant[]

const admin = <T>(work: (client: pg.Client) => Promise<T>) =>
  withConnection(inDatabase(main.adminUrl, 'rowhouse'), work)
const deliveries = new Map<string, number>()
const smtpServer = createServer(acceptEmail)

beforeAll(async () => {
  console.log(`seed ${seed}, ${times} times each`)
  await removePostgres('holding')
  await main.start()
  const url = inDatabase(main.adminUrl, 'rowhouse')
  await new Promise<void>((resolve) => smtpServer.listen(0, '127.0.0.1', resolve))
  Object.assign(process.env, {
    DATABASE_URL: url,
    PLATFORM_DATABASE_URL: '',
    TENANT_DATABASE_URL: '',
    WORKER_DATABASE_URL: '',
    MIGRATOR_DATABASE_URL: '',
    SMTP_URL: `smtp://127.0.0.1:${(smtpServer.address() as AddressInfo).port}`,
    EXPORT_DIR: mkdtempSync(join(tmpdir(), 'rowhouse-exports-')),
    LOG_LEVEL: 'silent',
  })
  await setup(tenancy(), { adminUrl: url })
  tenants = await createLoadTenants(200)
  wire = new Wire(url)
  load = new Load({ DATABASE_URL: await wire.open(url), DATABASE_CONNECTIONS: '10' })
  await load.start(tenants)
  await load.recovered(30_000)
}, 240_000)

afterAll(async () => {
  await load.stop()
  await wire.close()
  await closePools(tenancy())
  smtpServer.close()
  await main.stop()
})

type InjectedFailure = {
  name: string
  inject: () => Promise<void>
  prepare?: () => Promise<() => Promise<void>>
  skipReason?: () => string | undefined
}

const mountSkipReason = () =>
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'only root on Linux can mount a small disk'

const failures: InjectedFailure[] = [
  { name: 'the app is killed with -9', inject: async () => load.kill() },
  {
    name: 'a backend is killed with -9',
    inject: async () => void process.kill(await someBackend(), 'SIGKILL'),
  },
  { name: 'PostgreSQL is killed with -9', inject: () => main.die() },
  { name: 'PostgreSQL is shut down immediately', inject: () => main.die(500, 'SIGQUIT') },
  {
    name: 'all connections of the app are ended every two seconds for a minute',
    inject: () => endConnections(30),
  },
  {
    name: 'the connection pool is exhausted',
    inject: async () => {
      load.send('hog 4')
      await sleep(4500)
    },
  },
  { name: 'max_connections is reached', inject: () => exhaustConnections(2000) },
  { name: 'PostgreSQL is frozen for 20 seconds', inject: () => freeze(20_000) },
  { name: 'connections are reset', inject: async () => wire.mend() },
  {
    name: 'the network is cut for five seconds',
    inject: async () => {
      wire.cut()
      await sleep(5000)
      wire.mend()
    },
  },
  { name: 'connections are lost silently', inject: async () => wire.lose() },
  {
    name: 'the clock of the app jumps back and forth',
    inject: async () => {
      for (const hours of [1, -26, 26, -1, 0]) {
        load.send(`clock ${hours * 3_600_000}`)
        await sleep(300)
      }
    },
  },
  {
    name: 'the disk of the data is full',
    skipReason: mountSkipReason,
    prepare: smallDataDisk,
    inject: () =>
      fillDisk('data', async () => {
        await fillPages()
        return [...load.errors.keys()].some((key) => key.startsWith('53100'))
      }),
  },
  {
    name: 'the disk of the write-ahead log is full',
    skipReason: mountSkipReason,
    prepare: smallLogDisk,
    inject: () =>
      fillDisk(
        'log',
        async () =>
          !(await admin((client) => client.query('select pg_switch_wal()')).then(
            () => true,
            () => false,
          )),
      ),
  },
]

for (const { name, inject, prepare, skipReason } of failures) {
  const why = skipReason?.()
  if (why) console.log(`skipped: ${name}: ${why}`)
  test.skipIf(why !== undefined)(
    `${name}, ${times} times: nothing is lost, doubled or misplaced, and the app recovers within ten seconds`,
    async () => {
      const restore = await prepare?.()
      await load.recovered(30_000)
      const took: number[] = []
      try {
        for (let i = 0; i < times; i++) {
          await sleep(200 + random() * 1300)
          await inject()
          took.push(await load.recovered(recoveryLimitMs))
        }
      } finally {
        await restore?.()
      }
      console.log(
        `${name}: recovered after ${took.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s; ${load.wrote.size} writes acknowledged in all`,
      )
      expect(await findProblems()).toEqual(noProblems)
    },
    900_000,
  )
}

test(`the worker is killed with -9, ${times} times: every email is sent with one message id, and every export runs once`, async () => {
  deliveries.clear()
  const requested: string[] = []
  let worker = startWorker()
  try {
    for (let i = 0; i < times; i++) {
      for (let k = 0; k < 5; k++)
        await queueEmail(platform(), {
          to: `${i}-${k}@mail.example`,
          kind: 'reset',
          content: templates.noAccount(),
        })
      const tenant = tenants[10 + i]
      if (tenant) requested.push((await exports.request(platform(), tenant.tenantId, 'test')).id)
      await sleep(300 + random() * 3000)
      await worker.end('SIGKILL')
      worker = startWorker()
    }
    const done = async () =>
      (
        await admin((client) =>
          client.query<{ n: number }>(
            `select count(*)::int as n from tenancy.exports where id = any($1) and state = 'done'`,
            [requested],
          ),
        )
      ).rows[0]?.n
    for (
      const until = Date.now() + 120_000;
      (deliveries.size < times * 5 || (await done()) !== requested.length) && Date.now() < until;
    )
      await sleep(300)
    expect(await done()).toBe(requested.length)
    expect(deliveries.size).toBe(times * 5)
    // an email that was being sent when the worker died is sent again with the same message id, so
    // that receivers can drop the duplicate
    const duplicates = [...deliveries.values()].filter((n) => n > 1)
    expect(duplicates.length).toBeLessThanOrEqual(times)
    console.log(
      `the worker was killed ${times} times: ${deliveries.size} emails, ${duplicates.length} of them sent twice with one message id; ${requested.length} exports`,
    )
  } finally {
    await worker.end()
  }
  expect(await findProblems()).toEqual(noProblems)
}, 400_000)

test.skipIf(mountSkipReason() !== undefined)(
  `the disk of the exports is full, ${times} times: an export fails, and the next one succeeds`,
  async () => {
    const disk = mountedDisk('exports', '256k')
    const exportFolder = process.env.EXPORT_DIR
    process.env.EXPORT_DIR = disk.path
    const worker = startWorker()
    try {
      for (let i = 0; i < times; i++) {
        const tenant = tenants[40 + i]
        if (!tenant) throw new Error('CHAOS_TIMES is larger than the number of tenants allows')
        disk.fill()
        const { id } = await exports.request(platform(), tenant.tenantId, 'test')
        const now = async () =>
          (await exports.list(platform(), tenant.tenantId)).find((one) => one.id === id)?.state
        await sleep(1500 + random() * 1500)
        expect(await now()).not.toBe('done')
        disk.free()
        for (
          const until = Date.now() + 20_000;
          !['done', 'failed'].includes((await now()) ?? '') && Date.now() < until;
        )
          await sleep(100)
        if ((await now()) !== 'done') {
          const second = await exports.request(platform(), tenant.tenantId, 'test')
          for (
            const until = Date.now() + recoveryLimitMs;
            (await exports.list(platform(), tenant.tenantId)).find((one) => one.id === second.id)
              ?.state !== 'done';
            await sleep(100)
          )
            if (Date.now() > until)
              throw new Error(
                `no export succeeded within ${recoveryLimitMs} ms of freeing the disk`,
              )
        }
      }
    } finally {
      process.env.EXPORT_DIR = exportFolder
      await worker.end()
      disk.unmount()
    }
    expect(await findProblems()).toEqual(noProblems)
  },
  900_000,
)

async function findProblems() {
  const rows: { tenant: string; attempt: string }[] = []
  const counted = new Map<string, number>()
  const acknowledged = new Map(load.wrote) // a copy, because the load continues
  const placements = new Map((await readPlacements(tenancy())).map((one) => [one.tenantId, one]))
  for (const { tenantId } of tenants.slice(0, 4)) await collect(tenantId)
  await collect(undefined)
  await sleep(200)
  return load.findProblems(acknowledged, rows, counted)

  async function collect(own: string | undefined) {
    const { database, schema } = (own && placements.get(own)) || {
      database: null,
      schema: 'shared',
    }
    await withConnection(inDatabase(main.adminUrl, database ?? 'rowhouse'), async (client) => {
      // rows and counters in one snapshot
      await client.query(`begin isolation level repeatable read; set local search_path = ${schema}`)
      rows.push(
        ...(
          await client.query<{ tenant: string; attempt: string }>(
            `select tenant_id as tenant, subject as attempt from activity where actor = 'chaos'`,
          )
        ).rows,
      )
      for (const { tenant, n } of (
        await client.query<{ tenant: string; n: string }>(
          `select tenant_id as tenant, value as n from counters where name = 'chaos'`,
        )
      ).rows)
        counted.set(tenant, Number(n))
    })
  }
}

async function someBackend(): Promise<number> {
  const { rows } = await admin((client) =>
    client.query<{ pid: number }>(
      `select pid from pg_stat_activity where usename in ('rowhouse_tenant', 'rowhouse_platform')`,
    ),
  )
  return rows[Math.floor(random() * rows.length)]?.pid ?? (await main.postmaster())
}

async function endConnections(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await admin((client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename in ('rowhouse_tenant', 'rowhouse_platform') or usename like 't\\_%'`,
      ),
    )
    await sleep(2000)
  }
}

/** Opens connections until none is free, and ends those of the app, so that it needs new ones. */
async function exhaustConnections(forMs: number): Promise<void> {
  const opened: pg.Client[] = []
  for (let full = false; !full;) {
    const more = Array.from(
      { length: 10 },
      () => new pg.Client({ connectionString: loginUrl(tenancy(), 'platform') }),
    )
    for (const client of more) client.on('error', () => {})
    for (const [i, result] of (
      await Promise.allSettled(more.map((client) => client.connect()))
    ).entries()) {
      const client = more[i]
      if (result.status === 'fulfilled' && client) opened.push(client)
      else full = true
    }
  }
  await admin((client) =>
    client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rowhouse_tenant'`,
    ),
  )
  await sleep(forMs)
  await Promise.all(opened.map((client) => client.end()))
}

async function freeze(forMs: number): Promise<void> {
  const postmaster = await main.postmaster()
  const pids = [
    postmaster,
    ...execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' })
      .split(/\s+/)
      .filter(Boolean)
      .map(Number),
  ]
  const all = (signal: 'SIGSTOP' | 'SIGCONT') => {
    for (const pid of pids) {
      try {
        process.kill(pid, signal)
      } catch {
        // that process has ended
      }
    }
  }
  all('SIGSTOP')
  try {
    await sleep(forMs)
  } finally {
    all('SIGCONT')
  }
}

type Disk = { path: string; fill: () => void; free: () => void; unmount: () => void }
const disks = new Map<string, Disk>()

/** Mounts a small in-memory disk that belongs to the owner of `like`. */
function mountedDisk(name: string, size: string, like?: string): Disk {
  const path = mkdtempSync(join(tmpdir(), `rowhouse-${name}-`))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path])
  if (like) chownSync(path, statSync(like).uid, statSync(like).gid)
  const ballast = join(path, 'ballast')
  const disk = {
    path,
    fill: () => {
      for (const block of [1 << 20, 1 << 12]) {
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(block), { flag: 'a' })
        } catch {
          // the disk is full
        }
      }
    },
    free: () => rmSync(ballast, { force: true }),
    unmount: () => {
      execFileSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
  disks.set(name, disk)
  return disk
}

async function fillDisk(name: string, until: () => Promise<boolean>): Promise<void> {
  load.errors.clear()
  disks.get(name)?.fill()
  for (const end = Date.now() + 30_000; !(await until()); await sleep(100))
    if (Date.now() > end)
      throw new Error(
        `the disk of the ${name} is full and no error was reported: ${JSON.stringify([...load.errors])} ${execFileSync('df', ['-k', disks.get(name)?.path ?? '/'], { encoding: 'utf8' })}`,
      )
  await sleep(random() * 1000)
  disks.get(name)?.free()
  if (name === 'log') await main.start()
}

const dataFolder = async () =>
  String(
    (await admin((client) => client.query<{ data_directory: string }>('show data_directory')))
      .rows[0]?.data_directory,
  )

async function smallDataDisk(): Promise<() => Promise<void>> {
  const disk = mountedDisk('data', '24m', await dataFolder())
  const home = join(disk.path, 'space')
  mkdirSync(home)
  chownSync(home, statSync(disk.path).uid, statSync(disk.path).gid)
  await admin((client) => client.query(`create tablespace small location '${home}'`))
  await admin((client) => client.query('alter table shared.activity set tablespace small'))
  return async () => {
    disk.free()
    await admin((client) => client.query('alter table shared.activity set tablespace pg_default'))
    await admin((client) => client.query('drop tablespace small'))
    disk.unmount()
  }
}

/** Uses up the free pages of the table, so that the next row needs disk space. Commits nothing. */
const fillPages = () =>
  admin(async (client) => {
    await client.query('begin')
    await client.query(
      `insert into shared.activity (tenant_id, id, actor, action, subject) select $1, gen_random_uuid(), 'full', 'order.created', repeat('x', 500) from generate_series(1, 5000)`,
      [tenants[10]?.tenantId],
    )
  }).catch(() => {}) // fails when the disk is full

async function smallLogDisk(): Promise<() => Promise<void>> {
  const data = await dataFolder()
  const [log, backup] = [join(data, 'pg_wal'), join(data, 'pg_wal.backup')]
  for (const setting of [`max_wal_size = '64MB'`, `min_wal_size = '32MB'`])
    await admin((client) => client.query(`alter system set ${setting}`))
  await main.stop()
  const disk = mountedDisk('log', '256m', data)
  execFileSync('cp', ['-a', `${log}/.`, disk.path])
  renameSync(log, backup)
  symlinkSync(disk.path, log)
  await main.start()
  return async () => {
    disk.free()
    await main.start()
    await main.stop()
    rmSync(log)
    mkdirSync(log, { mode: 0o700 })
    execFileSync('cp', ['-a', `${disk.path}/.`, log])
    chownSync(log, statSync(data).uid, statSync(data).gid)
    rmSync(backup, { recursive: true })
    disk.unmount()
    await main.start()
    await admin((client) => client.query('alter system reset all'))
    await load.recovered(30_000)
  }
}

/** A minimal SMTP server that counts each message id. */
function acceptEmail(socket: Socket): void {
  let inData = false
  let rest = ''
  socket.write('220 test\r\n')
  socket
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const id = /^Message-ID: (.+)$/i.exec(line)?.[1]
        if (inData && id) deliveries.set(id, (deliveries.get(id) ?? 0) + 1)
        if (inData && line === '.') {
          inData = false
          socket.write('250 queued\r\n')
        } else if (!inData) {
          inData = line.startsWith('DATA')
          if (line.startsWith('QUIT')) socket.end('221 bye\r\n')
          else socket.write(inData ? '354 go ahead\r\n' : '250 ok\r\n')
        }
      }
    })
}
