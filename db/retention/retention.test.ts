import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { readTables } from '#db/catalogue'
import { connected } from '#db/connect'
import { withTenant } from '#db/door'
import { loginUrl } from '#db/env'
import { forgetTenant } from '#db/erase/forget'
import * as holds from '#db/holds'
import { newId } from '#db/id'
import { fingerprint } from '#db/import/testing/archives'
import { inhabitant, type Inhabitant } from '#db/isolation/testing/world'
import { forgetPlacement, platform } from '#db/registry'
import { preview } from '#db/retention/preview'
import { setRule } from '#db/retention/rules'
import { runRetention, runRetentionOf } from '#db/retention/run'
import { current, decide } from '#db/retention/runs'
import { placementKinds } from '#db/schema/platform'
import { ages } from '#db/schema/tenant'

const made: Inhabitant[] = []
const tenant = async (kind: (typeof placementKinds)[number], orders = 40) => {
  const one = await inhabitant(kind, 'keeps', orders)
  made.push(one)
  return one
}
const inside = <T>(tenantId: string, text: string) =>
  withTenant(
    { kind: 'service', tenantId, reason: 'test' },
    async (tx) => (await tx.execute(sql.raw(text))).rows as T[],
  )
const ordersOf = async (tenantId: string) =>
  (await inside<{ number: string }>(tenantId, 'select number from orders order by number')).map(
    ({ number }) => Number(number),
  )
/** Makes the first so many orders two years old. */
const age = (tenantId: string, most: number) =>
  inside(
    tenantId,
    `update orders set placed_at = now() - interval '730 days' - number * interval '1 hour' where number <= ${1000 + most}`,
  )
const keep = ({ id }: Inhabitant, days: number | null, table = 'orders') =>
  setRule(platform(), { tenantId: id, tier: 'starter', table, days, by: 'test' })

let neighbour: Inhabitant
let before: Record<string, string>
beforeAll(async () => {
  neighbour = await tenant('shared')
  await age(neighbour.id, 40)
  before = await fingerprint(neighbour.id)
})
afterEach(() => void vi.useRealTimers())
afterAll(async () => {
  for (const { id } of made) await forgetTenant(id)
}, 60_000)

describe('the tables', () => {
  it('are all named, with a column that tells their age or the reason why not', async () => {
    const tables = await connected(loginUrl('worker'), (client) => readTables(client, 'shared'))
    expect(
      Object.keys(ages).toSorted(),
      'each table has its line in `ages`, db/schema/tenant.ts',
    ).toEqual(tables.map(({ name }) => name).toSorted())
    for (const table of tables) {
      const found = ages[table.name]
      if (!found || !('by' in found)) continue
      expect(table.columns.find(({ name }) => name === found.by)).toMatchObject({
        base: 'timestamptz',
        nullable: false,
      })
      const refusing = tables.flatMap(({ name, references }) =>
        references
          .filter((one) => one.table === table.name && one.onDelete !== 'cascade')
          .map(() => name),
      )
      expect(refusing).toEqual([])
    }
  })

  it.each([
    ['customers', 365, 'rows of customers have no age'],
    ['orders', 10, 'for 90 to 1095 days; 10 is not'],
    ['orders', 5000, '5000 is not'],
    ['orders', 100.5, '100.5 is not'],
    ['pg_class', 100, 'have no age'],
  ])('%s for %d days is refused: %s', async (table, days, why) => {
    await expect(keep(neighbour, days, table)).rejects.toThrow(why)
  })
})

describe.each(placementKinds)('a run in a %s placement', (kind) => {
  it('deletes what the preview named, with what belongs to it, and nothing else', async () => {
    const one = await tenant(kind)
    await age(one.id, 5)
    await keep(one, 365)
    const [step] = await preview(one.id)
    expect(step).toMatchObject({ table: 'orders', rows: 5, of: 40 })
    const run = await runRetentionOf(one.id)
    expect(run).toMatchObject({
      state: 'done',
      steps: [{ table: 'orders', rows: 5, of: 40, deleted: 5 }],
    })
    expect(await ordersOf(one.id)).toEqual(Array.from({ length: 35 }, (_, i) => 1006 + i))
    expect(
      await inside(
        one.id,
        'select from order_lines as l where not exists (select from orders as o where o.id = l.order_id)',
      ),
    ).toEqual([])
    expect(
      await inside(one.id, `select detail from activity where deed = 'retention.ran'`),
    ).toEqual([{ detail: { orders: 5 } }])
    expect(await runRetentionOf(one.id)).toMatchObject({ state: 'done', steps: [{ rows: 0 }] })
  })
})

describe('a run', () => {
  it('that would take more than a fifth waits for a yes, and a no ends it', async () => {
    const one = await tenant('shared')
    await age(one.id, 9)
    await keep(one, 365)
    const waiting = await runRetentionOf(one.id)
    expect(waiting.state).toBe('waiting')
    expect((await runRetentionOf(one.id)).id).toBe(waiting.id)
    expect(await ordersOf(one.id)).toHaveLength(40)
    await expect(decide(platform(), neighbour.id, waiting.id, true, 'test')).rejects.toThrow(
      'does not wait',
    )
    await decide(platform(), one.id, waiting.id, false, 'test')
    expect(await ordersOf(one.id)).toHaveLength(40)
    const next = await runRetentionOf(one.id)
    await decide(platform(), one.id, next.id, true, 'test')
    // what grew old after the plan is not in it
    await inside(
      one.id,
      `update orders set placed_at = now() - interval '900 days' where number between 1010 and 1030`,
    )
    // nor what was changed after it, old as it is
    await inside(one.id, `update orders set note = 'look at this' where number = 1001`)
    expect(await runRetentionOf(one.id)).toMatchObject({
      state: 'done',
      steps: [{ rows: 9, deleted: 8 }],
    })
    expect(await ordersOf(one.id)).toEqual([
      1001,
      ...Array.from({ length: 31 }, (_, i) => 1010 + i),
    ])
  })

  it('that waits ends when the rule is changed', async () => {
    const one = await tenant('shared')
    await age(one.id, 20)
    await keep(one, 365)
    const waiting = await runRetentionOf(one.id)
    await keep(one, 1000)
    await expect(decide(platform(), one.id, waiting.id, true, 'test')).rejects.toThrow(
      'does not wait',
    )
    expect(await current(platform(), one.id)).toBeUndefined()
  })

  it('whose tenant has moved since the plan deletes nothing more, and the next plans anew', async () => {
    const one = await tenant('shared')
    await age(one.id, 9)
    await keep(one, 365)
    const { id } = await runRetentionOf(one.id)
    await decide(platform(), one.id, id, true, 'test')
    const moved = ['tenancy.residents', 'platform.placements'].map(
      (table) => `update ${table} set epoch = epoch + 1 where tenant_id = '${one.id}'`,
    )
    await connected(process.env.DATABASE_URL ?? '', (admin) => admin.query(moved.join(';')))
    forgetPlacement(one.id)
    expect(await runRetentionOf(one.id)).toMatchObject({
      id,
      state: 'done',
      steps: [{ rows: 9, deleted: 0 }],
    })
    expect(await runRetentionOf(one.id)).toMatchObject({
      state: 'waiting',
      steps: [{ rows: 9, deleted: 0 }],
    })
  })

  it('that is killed half way goes on where it stood and never takes more than it planned', async () => {
    const one = await tenant('shared', 1300)
    await age(one.id, 1200)
    await keep(one, 365)
    const waiting = await runRetentionOf(one.id)
    await decide(platform(), one.id, waiting.id, true, 'test')
    const check = vi.spyOn(holds, 'refuseOnHold')
    let batches = 0
    check.mockImplementation(async () => {
      if (++batches === 3) throw new Error('killed')
    })
    await expect(runRetentionOf(one.id)).rejects.toThrow('killed')
    check.mockRestore()
    expect(await ordersOf(one.id)).toHaveLength(800)
    // the row of the run may be older than the rows: the trail counts
    await platform().execute(
      sql`update platform.retention_runs set steps = jsonb_set(steps, '{0,deleted}', '0') where id = ${waiting.id}`,
    )
    await inside(
      one.id,
      `update orders set placed_at = now() - interval '800 days' where number > 2200`,
    )
    expect(await runRetentionOf(one.id)).toMatchObject({
      state: 'done',
      steps: [{ rows: 1200, deleted: 1200 }],
    })
    expect(await ordersOf(one.id)).toEqual(Array.from({ length: 100 }, (_, i) => 2201 + i))
  })

  it('deletes nothing on a legal hold, not even when the hold comes in the middle', async () => {
    const one = await tenant('shared')
    await age(one.id, 5)
    await keep(one, 365)
    await holds.hold({ tenantId: one.id, slug: one.slug, actor: 'test', reason: 'court' })
    await expect(runRetentionOf(one.id)).rejects.toThrow('on legal hold')
    const { problems } = await runRetention({ dueOnly: false })
    expect(problems.find(({ tenantId }) => tenantId === one.id)?.problem).toContain('on legal hold')
    expect(await ordersOf(one.id)).toHaveLength(40)
    await holds.lift({ tenantId: one.id, slug: one.slug, actor: 'test', reason: 'over' })
    expect(await runRetentionOf(one.id)).toMatchObject({ state: 'done', steps: [{ deleted: 5 }] })
  })

  it('under a wrong tenant id deletes nothing: of nobody, of a tenant without rules, or of one whose run it is not', async () => {
    await expect(runRetentionOf(newId())).rejects.toThrow('retention_runs')
    expect(await runRetentionOf(neighbour.id)).toMatchObject({ state: 'done', steps: [] })
    const one = await tenant('shared')
    await age(one.id, 9)
    await keep(one, 365)
    const { id } = await runRetentionOf(one.id)
    await decide(platform(), one.id, id, true, 'test')
    await platform().execute(
      sql`update platform.retention_runs set tenant_id = ${neighbour.id} where id = ${id}`,
    )
    expect(await runRetentionOf(neighbour.id)).toMatchObject({
      id,
      state: 'done',
      steps: [{ rows: 9, deleted: 0 }],
    })
    expect(await fingerprint(neighbour.id)).toEqual(before)
    expect(await ordersOf(one.id)).toHaveLength(40)
  })

  it.each([400, -400])('deletes nothing while this clock is %d days wrong', async (days) => {
    const one = await tenant('shared')
    await keep(one, 200)
    const all = await ordersOf(one.id)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 86_400_000 })
    await expect(preview(one.id)).rejects.toThrow(
      /the clocks of the main database and this process are \d+ s apart/,
    )
    await expect(runRetentionOf(one.id)).rejects.toThrow('nothing is deleted until they agree')
    vi.useRealTimers()
    expect(await ordersOf(one.id)).toEqual(all)
  })
})

describe('the neighbour', () => {
  it('whose rows are just as old has all of them after all this', async () => {
    expect(await fingerprint(neighbour.id)).toEqual(before)
  })
})
