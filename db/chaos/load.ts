import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadTenant } from '#db/chaos/app'
import { newId } from '@rowhouse/tenancy'
import { callerFor } from '#db/isolation/testing/test-tenants'
import { createTenant } from '@rowhouse/tenancy/admin'
import { withTenant, platform, tenancy } from '#db/tenancy'
import { activity } from '#db/schema/tenant'
import * as users from '#db/accounts/users'

/**
 * Creates tenants for the load, each with one row that carries its mark. Two have their own schema,
 * two their own database.
 */
export async function createLoadTenants(count: number): Promise<LoadTenant[]> {
  const tenants: LoadTenant[] = []
  for (let i = 0; i < count; i++) {
    const mark = `chaos-${i}-${newId().slice(-8)}`
    const user = await users.create(platform(), {
      email: `owner@${mark}.example`,
      name: mark,
      verified: true,
    })
    const { id } = await createTenant(tenancy(), {
      slug: mark,
      name: mark,
      ownerId: user.id,
      tier: i < 2 ? 'business' : i < 4 ? 'enterprise' : 'starter',
    })
    await withTenant({ kind: 'service', tenantId: id, reason: 'test' }, (tx) =>
      tx.insert(activity).values({
        tenantId: id,
        id: newId(),
        actor: 'mark',
        action: 'order.created',
        subject: mark,
      }),
    )
    tenants.push({ tenantId: id, mark, caller: await callerFor(user.id, id) })
  }
  return tenants
}

/** Attempts and tenants that are not as they should be; all lists are empty if all is well. */
export type LoadProblems = {
  lost: string[]
  doubled: string[]
  unexpected: string[]
  miscounted: string[]
  foreign: string[]
}

/**
 * Runs the app of `app.ts` and keeps a ledger of what it acknowledged. Restarts the app when its
 * process ends, as a supervisor would.
 */
export class Load {
  readonly sent = new Map<string, string>()
  readonly wrote = new Map<string, string>()
  readonly foreign: string[] = []
  readonly errors = new Map<string, number>()
  readonly #recent: { at: number; good: boolean; tenant: string }[] = []
  readonly #env: Record<string, string | undefined>
  #file = ''
  #child: ChildProcess | undefined
  #running = true
  constructor(env: Record<string, string | undefined>) {
    this.#env = env
  }

  async start(tenants: LoadTenant[]): Promise<void> {
    this.#file = join(await mkdtemp(join(tmpdir(), 'rowhouse-chaos-')), 'tenants.json')
    await writeFile(this.#file, JSON.stringify(tenants), { mode: 0o600 })
    this.#spawn()
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  /** Sends a control command: `clock MS` or `hog SECONDS`. */
  send(line: string): void {
    this.#child?.stdin?.write(`${line}\n`)
  }

  /**
   * Waits for one second without errors in which at least ten tenants are served.
   *
   * @returns How long it took until that second began, in milliseconds.
   */
  async recovered(withinMs: number): Promise<number> {
    const from = Date.now()
    for (;;) {
      await sleep(50)
      const now = Date.now()
      const last = this.#recent.filter(({ at }) => at > Math.max(from, now - 1000))
      if (
        now - from >= 1000 &&
        last.every(({ good }) => good) &&
        new Set(last.map(({ tenant }) => tenant)).size >= 10
      )
        return now - from - 1000
      if (now - from > withinMs + 1000)
        throw new Error(
          `no recovery after ${withinMs} ms: ${JSON.stringify([...this.errors])}; in the last second ${last.filter(({ good }) => good).length} successes, ${last.filter(({ good }) => !good).length} errors`,
        )
    }
  }

  async stop(): Promise<void> {
    this.#running = false
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }

  /**
   * Compares the database with the writes that were acknowledged before it was read.
   *
   * @param acknowledged - The acknowledged attempts, each with its tenant.
   * @param rows - The attempts in the database.
   * @param counted - The counter of each tenant, which must equal its number of attempts.
   */
  findProblems(
    acknowledged: Map<string, string>,
    rows: { tenant: string; attempt: string }[],
    counted: Map<string, number>,
  ): LoadProblems {
    const found = new Map<string, string[]>()
    const perTenant = new Map<string, number>()
    for (const { tenant, attempt } of rows) {
      found.set(attempt, [...(found.get(attempt) ?? []), tenant])
      perTenant.set(tenant, (perTenant.get(tenant) ?? 0) + 1)
    }
    return {
      lost: [...acknowledged]
        .filter(([attempt, tenant]) => !found.get(attempt)?.includes(tenant))
        .map(([attempt]) => attempt),
      doubled: [...found].filter(([, tenants]) => tenants.length > 1).map(([attempt]) => attempt),
      unexpected: [...found]
        .filter(([attempt, [tenant]]) => this.sent.get(attempt) !== tenant)
        .map(([attempt]) => attempt),
      miscounted: [...new Set([...counted.keys(), ...perTenant.keys()])].filter(
        (tenant) => counted.get(tenant) !== perTenant.get(tenant),
      ),
      foreign: this.foreign,
    }
  }

  #spawn(): void {
    const child = spawn(process.execPath, ['db/chaos/app.ts', this.#file], {
      env: { ...process.env, ...this.#env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    child.stdin.on('error', () => {}) // the process may have died
    createInterface({ input: child.stdout }).on('line', (line) => this.#readLine(line))
    child.once('close', () => {
      if (this.#running) this.#spawn()
    })
  }

  #readLine(line: string): void {
    const [word = '', tenant = '', attempt = ''] = line.split(' ')
    if (word === 'sent') this.sent.set(attempt, tenant)
    if (word === 'wrote') this.wrote.set(attempt, tenant)
    if (word === 'foreign') this.foreign.push(line)
    if (word === 'error')
      this.errors.set(`${tenant} ${attempt}`, (this.errors.get(`${tenant} ${attempt}`) ?? 0) + 1)
    if (word === 'ready' || word === 'sent') return
    this.#recent.push({ at: Date.now(), good: word !== 'error', tenant })
    if (this.#recent.length > 20_000) this.#recent.splice(0, 10_000)
  }
}
