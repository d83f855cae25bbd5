import { sql, type SQL } from 'drizzle-orm'
import { type TenantTx, newId, privateName } from '@rowhouse/tenancy'
import type { Neighbour } from '#db/product/neighbour'

// What an attacker might try who can run any SQL in a tenant transaction. Each probe is really
// executed, and always rolled back.

export type ProbeTarget = { ownId: string; neighbour: Neighbour }
export type ProbeStatement = { shown: string; statement: SQL }
export type AttackProbe = {
  name: string
  title: string
  idea: string
  statements: (target: ProbeTarget) => ProbeStatement[]
}
export type ProbeResult = {
  sql: string
  answer: string
  refused: boolean
  own: number
  others: number
}

const other = '‹another tenant›'
const everything = 'select tenant_id, count(*)::int as rows from orders group by tenant_id'

const plain = (text: string): ProbeStatement => ({ shown: text, statement: sql.raw(text) })
/** A statement that takes the neighbour's id as a parameter. It is displayed without the id. */
const aimed = (text: string, { neighbour }: ProbeTarget): ProbeStatement => ({
  shown: text.replaceAll('$other', `'${other}'`),
  statement: sql.join(
    text
      .split('$other')
      .flatMap((part, i) => (i === 0 ? [sql.raw(part)] : [sql`${neighbour.id}`, sql.raw(part)])),
  ),
})

export const attackProbes: AttackProbe[] = [
  {
    name: 'no-where',
    title: 'Ask for every order there is',
    idea: 'A query that somebody forgot to narrow: no tenant in it at all.',
    statements: () => [plain(everything)],
  },
  {
    name: 'neighbour',
    title: 'Ask for the orders of another tenant',
    idea: 'The tenant is real and has a place in this product. Its id is known to the attacker.',
    statements: (target) => [
      aimed(
        'select tenant_id, count(*)::int as rows from orders where tenant_id = $other::uuid group by tenant_id',
        target,
      ),
    ],
  },
  {
    name: 'plain-setting',
    title: 'Say that you are another tenant',
    idea: 'The setting that many products trust. Here it is there for people to read, and nothing trusts it.',
    statements: (target) => [
      plain(`set local app.current_tenant_id = '${target.neighbour.id}'`),
      plain(everything),
    ],
  },
  {
    name: 'set-config',
    title: 'The same, smuggled into a query',
    idea: 'As an injection would, inside one select.',
    statements: (target) => [
      aimed(
        "select set_config('app.current_tenant_id', $other, true), tenant_id, count(*)::int as rows from orders group by tenant_id",
        target,
      ),
    ],
  },
  {
    name: 'forged-context',
    title: 'Forge the signed context',
    idea: 'The context is the tenant, the connection, the time and the epoch, signed with a key that only its owner reads.',
    statements: (target) => [
      plain(`set local tenancy.context = '${target.neighbour.id}|1|1|1|${'0'.repeat(64)}'`),
      plain(everything),
    ],
  },
  {
    name: 'set-role',
    title: 'Become the owner of the tables',
    idea: 'Policies do not hold for an owner, unless they are forced.',
    statements: () => [plain('set local role rowhouse_owner'), plain(everything)],
  },
  {
    name: 'policies-off',
    title: 'Switch the policies off',
    idea: 'One statement, if the login were allowed to.',
    statements: () => [plain('alter table orders disable row level security'), plain(everything)],
  },
  {
    name: 'other-schema',
    title: 'Read where another tenant lives',
    idea: 'Its rows may be in a schema of its own, beside the shared one.',
    statements: (target) => [
      plain(
        `select tenant_id, count(*)::int as rows from ${target.neighbour.schema}.orders group by tenant_id`,
      ),
    ],
  },
  {
    name: 'insert',
    title: 'Put a customer into another tenant',
    idea: 'Planting is as bad as reading.',
    statements: (target) => [
      aimed(
        `insert into customers (tenant_id, id, name) values ($other::uuid, '${newId()}', 'Planted') returning tenant_id`,
        target,
      ),
    ],
  },
  {
    name: 'give-away',
    title: 'Move an order of yours over',
    idea: 'An update that changes the tenant of a row.',
    statements: (target) => [
      aimed('update orders set tenant_id = $other::uuid returning tenant_id', target),
    ],
  },
  {
    name: 'passwords',
    title: 'Read the password hashes',
    idea: 'The login of the tenants’ side has no way into the platform’s tables.',
    statements: () => [plain('select email, password_hash from platform.users')],
  },
  {
    name: 'key',
    title: 'Read the signing key',
    idea: 'With it, a signed context could be forged.',
    statements: () => [plain('select * from tenancy.key')],
  },
  {
    name: 'temporary-table',
    title: 'Leave a temporary table behind',
    idea: 'A table in the way of the next tenant on this connection: their query would read it first.',
    statements: () => [plain('create temporary table orders (tenant_id uuid, number bigint)')],
  },
]

/** Runs a probe in a savepoint and rolls it back. */
export async function runProbe(
  tx: TenantTx,
  probe: AttackProbe,
  target: ProbeTarget,
): Promise<ProbeResult> {
  const statements = probe.statements(target)
  const result: ProbeResult = {
    sql: statements.map(({ shown }) => `${hideIds(shown, target)};`).join('\n'),
    answer: '',
    refused: false,
    own: 0,
    others: 0,
  }
  const rollback = new Error('rollback')
  try {
    await tx.transaction(async (inner) => {
      for (const { statement } of statements) {
        const { rows, rowCount, command } = await inner.execute<Record<string, unknown>>(statement)
        result.own = countRows(rows.filter((row) => row.tenant_id === target.ownId))
        result.others = countRows(rows.filter((row) => row.tenant_id !== target.ownId))
        result.answer = `${command} ${rowCount ?? ''}`.trim()
      }
      throw rollback
    })
  } catch (error) {
    if (error !== rollback)
      Object.assign(result, {
        refused: true,
        own: 0,
        others: 0,
        answer: hideIds(describeError(error), target),
      })
  }
  return result
}

/** The number of rows. Some probes count them in the database and return the count as `rows`. */
const countRows = (rows: Record<string, unknown>[]) =>
  rows.reduce((total, { rows }) => total + (typeof rows === 'number' ? rows : 1), 0)

function describeError(error: unknown): string {
  const cause = error instanceof Error && error.cause ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause ? `ERROR ${String(cause.code)}: ${cause.message}` : cause.message
}

const hideIds = (text: string, { neighbour }: ProbeTarget) =>
  text.replaceAll(neighbour.id, other).replaceAll(privateName(neighbour.id), `t_${other}`)
