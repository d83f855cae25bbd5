import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '#tenancy/base/caller'
import { placementKinds, type PlacementKind, type Tenancy } from '#tenancy/base/tenancy'
import { withTenant } from '#tenancy/context/with-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { connectionString, placementOf } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { refusal, rows } from '#tenancy/testing/raw-sql'

/** A tenant with rows in every table. */
export type IsolationTenant<C extends Caller> = {
  id: string
  /** A text in its rows that no other tenant has. */
  mark: string
  owner: C
}

/** The app whose isolation is tested. */
export type IsolationApp<C extends Caller> = {
  /** The instance on the database of the test file. */
  tenancy: () => Tenancy
  /** The names of all tenant tables. */
  tables: readonly string[]
  /** The kinds of placements that the app uses; all by default. */
  placements?: readonly PlacementKind[]
  /** Creates a tenant with a few rows in every table, and an owner who may write. */
  makeTenant(kind: PlacementKind, name: string): Promise<IsolationTenant<C>>
  /** Creates a caller who is a member of the tenant, with read-only access or not. */
  makeCaller(tenantId: string, may: 'read' | 'write'): Promise<C>
  /** Removes the caller from the tenant. */
  removeCaller(caller: C): Promise<void>
  /** What to do about a table without rows, for the message of a failed test. */
  hint?: (table: string) => string
}

/**
 * Defines tests that no tenant can reach another's rows: every table, command and placement, with raw
 * SQL in real tenant transactions. Call it at the top of a test file; the global setup has to call
 * `startTestRun`.
 * @param app - The tables and callers.
 */
export function testIsolation<C extends Caller>(app: IsolationApp<C>): void {
  const kinds = app.placements ?? placementKinds
  const { tenancy, tables } = app
  const tenants = new Map<PlacementKind, [IsolationTenant<C>, IsolationTenant<C>]>()

  const queryAs = (caller: C, text: string) => withTenant(tenancy(), caller, (tx) => rows(tx, text))
  const tenantsOf = (kind: PlacementKind) => {
    const found = tenants.get(kind)
    if (!found) throw new Error(`there are no tenants in a ${kind} placement`)
    return found
  }

  beforeAll(async () => {
    for (const kind of kinds)
      tenants.set(kind, [await app.makeTenant(kind, 'a'), await app.makeTenant(kind, 'b')])
  })
  afterAll(async () => {
    for (const { id } of [...tenants.values()].flat())
      await unprovision(tenancy(), id, await placementOf(tenancy(), id))
    await closePools(tenancy())
  })

  /** The columns that an insert may set, from the catalogue. */
  const writable = async ({ owner }: IsolationTenant<C>, table: string) => {
    const [found] = await queryAs(
      owner,
      `select string_agg(quote_ident(a.attname), ', ' order by a.attnum) as list from pg_catalog.pg_attribute as a where a.attrelid = '${table}'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`,
    )
    return String(found?.list)
  }

  /** An insert of a copy of an own row under another tenant's id. */
  const insertFor = (columns: string, table: string, tenantId: string) =>
    `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, (select to_jsonb(t) || jsonb_build_object('tenant_id', '${tenantId}') from ${table} as t limit 1))`

  describe.each(kinds)('in a %s placement', (kind) => {
    const mine = () => tenantsOf(kind)[0]
    const theirs = () => tenantsOf(kind)[1]
    const everybodyElse = () =>
      [...tenants.values()].flat().filter((tenant) => tenant.id !== mine().id)

    test('the catalogue has the tables of the schema files and no others', async () => {
      const found = await queryAs(
        mine().owner,
        `select c.relname as name from pg_catalog.pg_class as c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') order by 1`,
      )
      expect(found.map(({ name }) => name)).toEqual([...tables].sort())
    })

    describe.each(tables)('%s', (table) => {
      test('positive control: both tenants have rows, and each reads only its own', async () => {
        for (const one of [mine(), theirs()]) {
          const [found] = await queryAs(
            one.owner,
            `select count(*)::int as n, count(*) filter (where tenant_id <> '${one.id}')::int as strange from ${table}`,
          )
          expect(
            found?.n,
            `each test tenant needs rows of ${table}${app.hint ? `: ${app.hint(table)}` : ''}`,
          ).toBeGreaterThan(0)
          expect(found?.strange).toBe(0)
        }
      })

      test('it has both policies, for all roles and commands, and row-level security is forced', async () => {
        const [found] = await queryAs(
          mine().owner,
          `select relrowsecurity as enabled, relforcerowsecurity as forced from pg_catalog.pg_class where oid = '${table}'::regclass`,
        )
        expect(found).toEqual({ enabled: true, forced: true })
        const policies = await queryAs(
          mine().owner,
          `select policyname as name, permissive, cmd, roles::text, regexp_replace(qual, '\\s+', ' ', 'g') as using, qual = with_check as both
           from pg_catalog.pg_policies where schemaname = current_schema() and tablename = '${table}' order by 1`,
        )
        const policy = {
          cmd: 'ALL',
          roles: '{public}',
          using: '(tenant_id = ( SELECT tenancy.tenant() AS tenant))',
          both: true,
        }
        expect(policies).toEqual([
          { ...policy, name: 'tenant', permissive: 'PERMISSIVE' },
          { ...policy, name: 'tenant_only', permissive: 'RESTRICTIVE' },
        ])
      })

      test('without a context nothing is read and nothing is written', async () => {
        const columns = await writable(mine(), table)
        const client = new pg.Client({
          connectionString: connectionString(tenancy(), await placementOf(tenancy(), mine().id)),
        })
        await client.connect()
        try {
          expect((await client.query(`select * from ${table}`)).rowCount).toBe(0)
          expect((await client.query(`update ${table} set tenant_id = tenant_id`)).rowCount).toBe(0)
          expect((await client.query(`delete from ${table}`)).rowCount).toBe(0)
          expect((await client.query(`delete from ${table} returning *`)).rowCount).toBe(0)
          expect(
            await refusal(
              client.query(
                `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, jsonb_build_object('tenant_id', '${mine().id}'))`,
              ),
            ),
          ).toBe('42501')
          await client.query(`set app.current_tenant_id = '${mine().id}'`)
          expect((await client.query(`select * from ${table}`)).rowCount).toBe(0)
        } finally {
          await client.end()
        }
      })

      test('raw SQL without a where clause is still scoped', async () => {
        const text = JSON.stringify(await queryAs(mine().owner, `select * from ${table}`))
        expect(text).toContain(mine().id)
        for (const other of everybodyElse()) {
          expect(text).not.toContain(other.id)
          expect(text).not.toContain(other.mark)
        }
      })

      test("another tenant's rows are not read, updated or deleted, with returning or without", async () => {
        const where = `where tenant_id = '${theirs().id}'`
        const everyRow = `select * from ${table} as t order by t::text`
        const before = await queryAs(theirs().owner, everyRow)
        await withTenant(tenancy(), mine().owner, async (tx) => {
          for (const statement of [
            `select * from ${table} ${where}`,
            `update ${table} set tenant_id = tenant_id ${where} returning *`,
            `delete from ${table} ${where} returning *`,
          ])
            expect(await rows(tx, statement)).toEqual([])
          await rows(tx, `update ${table} set tenant_id = tenant_id ${where}`)
          await rows(tx, `delete from ${table} ${where}`)
        })
        expect(before.length).toBeGreaterThan(0)
        expect(await queryAs(theirs().owner, everyRow)).toEqual(before)
      })

      test('a write for another tenant is refused, with returning or without', async () => {
        const columns = await writable(mine(), table)
        const insert = insertFor(columns, table, theirs().id)
        const update = `update ${table} set tenant_id = '${theirs().id}'`
        for (const statement of [insert, update]) {
          expect(await refusal(queryAs(mine().owner, statement))).toBe('42501')
          expect(await refusal(queryAs(mine().owner, `${statement} returning *`))).toBe('42501')
        }
      })

      test('truncate and DDL are refused', async () => {
        for (const statement of [
          `truncate ${table}`,
          `alter table ${table} disable row level security`,
          `drop policy tenant on ${table}`,
          `create index on ${table} (tenant_id)`,
        ])
          expect(await refusal(queryAs(mine().owner, statement))).toBe('42501')
      })
    })

    test("another tenant's member and a removed member are refused", async () => {
      const stranger = { ...theirs().owner, tenantId: mine().id }
      expect(await refusal(queryAs(stranger, 'select 1'))).toBe('NotAMember')
      const member = await app.makeCaller(mine().id, 'write')
      expect(await queryAs(member, 'select 1 as one')).toEqual([{ one: 1 }])
      await app.removeCaller(member)
      expect(['NotAMember', 'NotSignedIn']).toContain(await refusal(queryAs(member, 'select 1')))
    })

    test('a caller with read-only access reads, and cannot write with any SQL', async () => {
      const viewer = await app.makeCaller(mine().id, 'read')
      for (const table of tables) {
        expect((await queryAs(viewer, `select * from ${table}`)).length).toBeGreaterThan(0)
        expect(await refusal(queryAs(viewer, `delete from ${table}`))).toBe('25006')
      }
      expect(
        await refusal(
          withTenant(tenancy(), viewer, async (tx) => {
            await rows(tx, 'select 1')
            await rows(tx, 'set transaction read write')
          }),
        ),
      ).toBe('25001')
    })
  })
}
