import { readFileSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { tenantBatch, withTenant, type Caller, tenancy } from '#db/tenancy'
import { newId } from '@rowhouse/tenancy'
import { listenForPlacements } from '@rowhouse/tenancy/moves'

// Runs an app in its own process, in which members of many tenants read and write until it is killed.
// It prints each result synchronously, so that no acknowledgement is lost when the process dies.
// Lines on standard input control it: `clock MS` shifts its clock, `hog SECONDS` holds all its slots.

export type LoadTenant = { tenantId: string; mark: string; caller: Caller & { kind: 'session' } }

const tenants = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LoadTenant[]
const concurrency = Number(process.argv[3] ?? 12)
const print = (...words: (string | number)[]) => writeSync(1, `${words.join(' ')}\n`)
const realNow = Date.now
let clockShiftMs = 0
Date.now = () => realNow() + clockShiftMs
listenForPlacements(tenancy())

createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, value = '0'] = line.split(' ')
  if (command === 'clock') clockShiftMs = Number(value)
  if (command === 'hog')
    for (const { tenantId, caller } of tenants.slice(0, 60))
      void withTenant(caller, (tx) =>
        tx.execute(sql`select pg_sleep(${Number(value)}) where ${tenantId}::uuid is not null`),
      ).catch(() => {})
})

print('ready')
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (;;) {
      const tenant = tenants[Math.floor(Math.random() * tenants.length)]
      if (!tenant) return
      try {
        await (Math.random() < 0.5 ? write(tenant) : read(tenant))
      } catch (error) {
        const cause =
          error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error)
        print(
          'error',
          ('code' in cause && String(cause.code)) || cause.name,
          cause.message.replaceAll(/\s+/g, '_').slice(0, 80),
        )
        await sleep(20)
      }
      await sleep(50)
    }
  }),
)

/** Increments a counter and inserts an activity row with a unique id, in one transaction. */
async function write({ tenantId, caller }: LoadTenant): Promise<void> {
  const attempt = newId()
  print('sent', tenantId, attempt)
  const number = await withTenant(caller, async (tx) => {
    const [counted] = (
      await tx.execute<{
        value: string
      }>(sql`insert into counters as c (tenant_id, name, value) values (${tenantId}, 'chaos', 1)
      on conflict (tenant_id, name) do update set value = c.value + 1 returning value`)
    ).rows
    await tx.execute(
      sql`insert into activity (tenant_id, id, actor, action, subject) values (${tenantId}, ${newId()}, 'chaos', 'order.created', ${attempt})`,
    )
    return counted?.value ?? ''
  })
  print('wrote', tenantId, attempt, number)
}

async function read({ tenantId, mark, caller }: LoadTenant): Promise<void> {
  const [latest, marked] = await tenantBatch(caller, (tx) => [
    tx.execute<{ tenant_id: string }>(
      sql`select tenant_id, subject from activity order by at desc limit 20`,
    ),
    tx.execute<{ subject: string }>(sql`select subject from activity where actor = 'mark'`),
  ])
  if (
    latest.rows.some((row) => row.tenant_id !== tenantId) ||
    marked.rows.some(({ subject }) => subject !== mark) ||
    marked.rows.length !== 1
  )
    print('foreign', tenantId, JSON.stringify(marked.rows))
  print('read', tenantId)
}
