import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Seat } from '#db/chaos/app'
import { newId } from '@rowhouse/tenancy'
import { callerFor } from '#db/isolation/testing/world'
import { createTenant } from '@rowhouse/tenancy/admin'
import { withTenant, platform, tenancy } from '#db/tenancy'
import { activity } from '#db/schema/tenant'
import * as users from '#db/accounts/users'

/**
 * Tenants to be loaded with work, two of them in a schema and two in a database of their own; each
 * holds one row with its mark.
 */
export async function populate(count: number): Promise<Seat[]> {
  const seats: Seat[] = []
  for (let i = 0; i < count; i++) {
    const mark = `fault-${i}-${newId().slice(-8)}`
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
      tx
        .insert(activity)
        .values({
          tenantId: id,
          id: newId(),
          actor: 'mark',
          action: 'order.created',
          subject: mark,
        }),
    )
    seats.push({ tenantId: id, mark, caller: await callerFor(user.id, id) })
  }
  return seats
}

export type Verdict = {
  lost: string[]
  doubled: string[]
  unasked: string[]
  uneven: string[]
  foreign: string[]
}

/**
 * An app under load with a ledger of what it was told, kept outside of it. When its process ends it
 * is started again, as by a supervisor.
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
  #on = true
  constructor(env: Record<string, string | undefined>) {
    this.#env = env
  }

  async start(seats: Seat[]): Promise<void> {
    this.#file = join(await mkdtemp(join(tmpdir(), 'rowhouse-faults-')), 'seats.json')
    await writeFile(this.#file, JSON.stringify(seats), { mode: 0o600 })
    this.#spawn()
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`)
  }

  /**
   * Until one whole second went by in which ten tenants and more were answered and none was
   * refused. Out: how long that took.
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
          `not working again after ${withinMs} ms: ${JSON.stringify([...this.errors])}; in the last second ${last.filter(({ good }) => good).length} answers, ${last.filter(({ good }) => !good).length} errors`,
        )
    }
  }

  async stop(): Promise<void> {
    this.#on = false
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await gone
  }

  /**
   * Holds what was acknowledged before the look at the rows against them: rows of attempts, and the
   * number that each tenant has counted.
   */
  judge(
    wrote: Map<string, string>,
    rows: { tenant: string; attempt: string }[],
    counted: Map<string, number>,
  ): Verdict {
    const there = new Map<string, string[]>()
    const perTenant = new Map<string, number>()
    for (const { tenant, attempt } of rows) {
      there.set(attempt, [...(there.get(attempt) ?? []), tenant])
      perTenant.set(tenant, (perTenant.get(tenant) ?? 0) + 1)
    }
    return {
      lost: [...wrote]
        .filter(([attempt, tenant]) => !there.get(attempt)?.includes(tenant))
        .map(([attempt]) => attempt),
      doubled: [...there].filter(([, tenants]) => tenants.length > 1).map(([attempt]) => attempt),
      unasked: [...there]
        .filter(([attempt, [tenant]]) => this.sent.get(attempt) !== tenant)
        .map(([attempt]) => attempt),
      uneven: [...new Set([...counted.keys(), ...perTenant.keys()])].filter(
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
    child.stdin.on('error', () => {}) // it is dead by then
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line))
    child.once('close', () => {
      if (this.#on) this.#spawn()
    })
  }

  #hear(line: string): void {
    const [word = '', tenant = '', attempt = ''] = line.split(' ')
    if (word === 'sent') this.sent.set(attempt, tenant)
    if (word === 'wrote') this.wrote.set(attempt, tenant)
    if (word === 'foreign') this.foreign.push(line)
    if (word === 'error')
      this.errors.set(`${tenant} ${attempt}`, (this.errors.get(`${tenant} ${attempt}`) ?? 0) + 1)
    if (word === 'up' || word === 'sent') return
    this.#recent.push({ at: Date.now(), good: word !== 'error', tenant })
    if (this.#recent.length > 20_000) this.#recent.splice(0, 10_000)
  }
}
