import pg from 'pg'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { checkPipeline, pipelineOf } from '#tenancy/base/pipeline/choose'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, placementKinds, type Tenancy } from '#tenancy/base/tenancy'
import type { TenantTx } from '#tenancy/base/tenant-tx'
import { tenantBatch, withTenant } from '#tenancy/context/with-tenant'
import { createTenancy } from '#tenancy/create-tenancy'
import { closePools } from '#tenancy/registry/pools'
import { notes } from '#tenancy/testing/fixture/schema'
import { fixtureConfig, tenancy, type TokenCaller } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  removeTestTenants,
  memberOf,
  refusal,
  rows,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'

let testTenants: TestTenants
const made: Tenancy[] = []
beforeAll(async () => void (testTenants = await createTestTenants(placementKinds, 3)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await Promise.all([tenancy(), ...made].map(closePools))
})

function instance(pipeline: 'pipelined' | 'plain') {
  const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const one = createTenancy({ ...fixtureConfig(), pipeline, logger })
  made.push(one)
  return { one, logger }
}

/** A connection for the check, like those of the pools. */
const onConnection = <T>(work: (client: pg.Client) => Promise<T>) =>
  withConnection(loginUrl(tenancy(), 'platform'), work, { pipeline: true })

const served = (one: Tenancy, caller: TokenCaller) =>
  withTenant(one, caller, (tx) => rows(tx, 'select count(*)::int as n from notes'))

describe('the check of the private APIs of pg', () => {
  test('it succeeds, and leaves the connection unchanged', async () => {
    const { one, logger } = instance('pipelined')
    await onConnection(async (client) => {
      expect(await checkPipeline(one, client)).toBe('pipelined')
      expect(client.getTransactionStatus()).toBe('I')
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    })
    expect(pipelineOf(one).name).toBe('pipelined')
    expect(logger.warn).not.toHaveBeenCalled()
  })

  test('it opens its own connection; one that cannot be opened or is lost changes nothing', async () => {
    const { one, logger } = instance('pipelined')
    expect(await checkPipeline(one)).toBe('pipelined')
    const { config } = one
    const away = { ...config.urls, platform: 'postgres://nobody:x@127.0.0.1:1/none' }
    const without = createTenancy({ ...config, urls: away })
    await expect(checkPipeline(without)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await onConnection(async (client) => {
      const checked = checkPipeline(one, client)
      client.connection.stream.destroy()
      await expect(checked).rejects.toMatchObject({ code: 'connection_failed' })
    })
    for (const kept of [one, without]) expect(pipelineOf(kept).name).toBe('pipelined')
    expect(logger.warn).not.toHaveBeenCalled()
  })

  test('an instance with plain queries is not checked', async () => {
    const { one, logger } = instance('plain')
    const nobody = new pg.Client()
    expect(await checkPipeline(one, nobody)).toBe('plain')
    expect(logger.warn).not.toHaveBeenCalled()
  })

  const breakages: [name: string, breakIt: (client: pg.Client) => void, problem: RegExp][] = [
    [
      'a missing transaction status',
      (client) => Object.assign(client, { getTransactionStatus: undefined }),
      /getTransactionStatus/,
    ],
    [
      'a transaction status that never changes',
      (client) => Object.assign(client, { getTransactionStatus: () => 'I' }),
      /status of a transaction/,
    ],
    [
      'a stream that cannot be corked',
      (client) => Object.assign(client.connection.stream, { cork: undefined }),
      /cork/,
    ],
    [
      'renamed messages',
      (client) => Object.assign(client.connection, { parse: undefined }),
      /parse/,
    ],
    [
      'custom queries that are never sent',
      (client) => Object.assign(client, { query: () => undefined }),
      /not answered/,
    ],
  ]

  test.each(breakages)(
    'with %s, statements are sent one by one from then on, and the log has the reason',
    async (_, breakIt, problem) => {
      const { one, logger } = instance('pipelined')
      const other = instance('pipelined').one
      await onConnection(async (client) => {
        breakIt(client)
        expect(await checkPipeline(one, client)).toBe('plain')
        for (const key of ['getTransactionStatus', 'query'])
          if (Object.hasOwn(client, key)) Reflect.deleteProperty(client, key)
      })
      expect(logger.warn).toHaveBeenCalledExactlyOnceWith(
        { problem: expect.stringMatching(problem) as string },
        expect.stringContaining('one by one'),
      )
      expect(pipelineOf(one).name).toBe('plain')
      expect(pipelineOf(other).name).toBe('pipelined')
      for (const kind of placementKinds)
        expect(await served(one, testTenants[kind][0].owner)).toEqual([{ n: 3 }])
    },
  )
})

describe.each(placementKinds)('in a %s placement', (kind) => {
  test('both pipelines return, refuse and save the same', async () => {
    const [{ id, mark, owner }, neighbour] = testTenants[kind]
    const viewer = await memberOf(id, 'viewer')
    const unsendable = {
      toPostgres: () => {
        throw new Error('cannot be sent')
      },
    } as unknown as string

    /** The results of an instance for everything that an app does. */
    const outcomes = async (one: Tenancy) => {
      let kept: TenantTx | undefined
      const [typed, selected, none] = await tenantBatch(one, owner, (tx) => [
        tx.execute(
          sql`select ${1}::int as number, ${'x'}::text as text, ${new Date(0)}::timestamptz as at, array[1, null] as list, null as nothing, ${{ a: 1 }}::jsonb as json`,
        ),
        tx.select().from(notes).orderBy(notes.number),
        tx.execute(sql`delete from note_lines where false`),
      ])
      return {
        typed: typed.rows,
        selected,
        none: none.rowCount,
        together: await withTenant(one, owner, (tx) =>
          Promise.all(
            [1, 2, 3].map(async (n) => (await tx.execute(sql`select ${n}::int as n`)).rows),
          ),
        ),
        nested: await withTenant(one, owner, async (tx) => {
          await tx
            .transaction(async (inner) => {
              await inner.execute(sql`delete from notes`)
              throw new Error('back')
            })
            .catch(() => {})
          return tx.select({ title: notes.title }).from(notes).orderBy(notes.number)
        }),
        thrown: await refusal(
          withTenant(one, owner, async (tx) => {
            await rows(tx, 'delete from notes')
            throw new RangeError('changed my mind')
          }),
        ),
        swallowed: await refusal(
          withTenant(one, owner, (tx) => rows(tx, 'select 1 / 0').catch(() => {})),
        ),
        failedBatch: await refusal(
          tenantBatch(one, owner, (tx) => [
            tx.execute(sql`delete from notes`),
            tx.execute(sql`select 1 / 0`),
          ]),
        ),
        unsent: await refusal(
          tenantBatch(one, owner, (tx) => [
            tx.execute(sql`delete from notes`),
            tx.select().from(notes).where(eq(notes.title, unsendable)),
          ]),
        ).then((what) => what !== 'nothing was refused'),
        late: await refusal(
          withTenant(one, owner, (tx) => Promise.resolve((kept = tx))).then(() =>
            kept?.execute(sql`select 1`),
          ),
        ),
        lateCommit: await refusal(
          withTenant(one, owner, (tx) => Promise.resolve((kept = tx))).then(() =>
            kept?.execute(sql`commit`),
          ),
        ),
        named: await refusal(
          withTenant(one, owner, (tx) =>
            tx.select({ id: notes.id }).from(notes).prepare('mine').execute(),
          ),
        ),
        twoInOne: await refusal(withTenant(one, owner, (tx) => rows(tx, 'select 1; select 2'))),
        viewerWrites: await refusal(
          withTenant(one, viewer, (tx) => rows(tx, 'delete from note_lines')),
        ),
        viewerWritesInBatch: await refusal(
          tenantBatch(one, viewer, (tx) => [tx.execute(sql`delete from note_lines`)]),
        ),
        stranger: await refusal(
          withTenant(one, { ...neighbour.owner, tenantId: id }, (tx) => rows(tx, 'select 1')),
        ),
        strangerInBatch: await refusal(
          tenantBatch(one, { ...neighbour.owner, tenantId: id }, (tx) => [
            tx.execute(sql`select 1`),
          ]),
        ),
        service: await withTenant(one, { kind: 'service', tenantId: id, reason: 'test' }, (tx) =>
          rows(tx, `select count(*)::int as n from notes where title like '${mark}%'`),
        ),
        left: await served(one, owner),
      }
    }
    const plain = await outcomes(instance('plain').one)
    expect(plain).toEqual(await outcomes(instance('pipelined').one))
    expect(plain).toMatchObject({
      typed: [
        {
          number: 1,
          text: 'x',
          at: '1970-01-01 00:00:00+00',
          list: [1, null],
          nothing: null,
          json: { a: 1 },
        },
      ],
      none: 0,
      together: [[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]],
      thrown: 'RangeError',
      swallowed: 'RolledBack',
      failedBatch: '22012',
      unsent: true,
      late: 'QueryAfterEnd',
      lateCommit: 'QueryAfterEnd',
      named: 'TypeError',
      twoInOne: '42601',
      viewerWrites: '25006',
      viewerWritesInBatch: '25006',
      stranger: 'NotAMember',
      strangerInBatch: 'NotAMember',
      service: [{ n: 3 }],
      left: [{ n: 3 }],
    })
    expect(plain.nested).toHaveLength(3)
    expect(plain.selected).toHaveLength(3)
  })
})
