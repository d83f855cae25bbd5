import { sql, type SQL } from 'drizzle-orm'
import { type TenantTx, newId, privateName } from '@rowhouse/tenancy'
import type { Neighbour } from '#db/product/neighbour'

// What somebody who can send any SQL from inside this tenant might try. Each is sent for real, and
// rolled back whatever it did.

export type Aim = { ownId: string; neighbour: Neighbour }
export type Step = { shown: string; statement: SQL }
export type BreakIn = { name: string; title: string; idea: string; steps: (aim: Aim) => Step[] }
export type Outcome = { sql: string; answer: string; refused: boolean; own: number; others: number }

const other = '‹another tenant›'
const everything = 'select tenant_id, count(*)::int as rows from orders group by tenant_id'

/** A statement with the neighbour's id as a value; shown with a name in its place. */
const plain = (text: string): Step => ({ shown: text, statement: sql.raw(text) })
const aimed = (text: string, { neighbour }: Aim): Step => ({
  shown: text.replaceAll('$other', `'${other}'`),
  statement: sql.join(
    text
      .split('$other')
      .flatMap((part, i) => (i === 0 ? [sql.raw(part)] : [sql`${neighbour.id}`, sql.raw(part)])),
  ),
})

export const breakIns: BreakIn[] = [
  {
    name: 'no-where',
    title: 'Ask for every order there is',
    idea: 'A query that somebody forgot to narrow: no tenant in it at all.',
    steps: () => [plain(everything)],
  },
  {
    name: 'neighbour',
    title: 'Ask for the orders of another tenant',
    idea: 'The tenant is real and has a place in this product. Its id is known to the attacker.',
    steps: (aim) => [
      aimed(
        'select tenant_id, count(*)::int as rows from orders where tenant_id = $other::uuid group by tenant_id',
        aim,
      ),
    ],
  },
  {
    name: 'plain-setting',
    title: 'Say that you are another tenant',
    idea: 'The setting that many products trust. Here it is there for people to read, and nothing trusts it.',
    steps: (aim) => [
      plain(`set local app.current_tenant_id = '${aim.neighbour.id}'`),
      plain(everything),
    ],
  },
  {
    name: 'set-config',
    title: 'The same, smuggled into a query',
    idea: 'As an injection would, inside one select.',
    steps: (aim) => [
      aimed(
        "select set_config('app.current_tenant_id', $other, true), tenant_id, count(*)::int as rows from orders group by tenant_id",
        aim,
      ),
    ],
  },
  {
    name: 'forged-seal',
    title: 'Forge the seal',
    idea: 'The signed context is the tenant, the connection, the time and the epoch, signed with a key that only its owner reads.',
    steps: (aim) => [
      plain(`set local tenancy.context = '${aim.neighbour.id}|1|1|1|${'0'.repeat(64)}'`),
      plain(everything),
    ],
  },
  {
    name: 'set-role',
    title: 'Become the owner of the tables',
    idea: 'Policies do not hold for an owner, unless they are forced.',
    steps: () => [plain('set local role rowhouse_owner'), plain(everything)],
  },
  {
    name: 'policies-off',
    title: 'Switch the policies off',
    idea: 'One statement, if the login were allowed to.',
    steps: () => [plain('alter table orders disable row level security'), plain(everything)],
  },
  {
    name: 'other-schema',
    title: 'Read where another tenant lives',
    idea: 'Its rows may be in a schema of its own, beside the shared one.',
    steps: (aim) => [
      plain(
        `select tenant_id, count(*)::int as rows from ${aim.neighbour.schema}.orders group by tenant_id`,
      ),
    ],
  },
  {
    name: 'insert',
    title: 'Put a customer into another tenant',
    idea: 'Planting is as bad as reading.',
    steps: (aim) => [
      aimed(
        `insert into customers (tenant_id, id, name) values ($other::uuid, '${newId()}', 'Planted') returning tenant_id`,
        aim,
      ),
    ],
  },
  {
    name: 'give-away',
    title: 'Move an order of yours over',
    idea: 'An update that changes the tenant of a row.',
    steps: (aim) => [aimed('update orders set tenant_id = $other::uuid returning tenant_id', aim)],
  },
  {
    name: 'passwords',
    title: 'Read the password hashes',
    idea: 'The login of the tenants’ side has no way into the platform’s tables.',
    steps: () => [plain('select email, password_hash from platform.users')],
  },
  {
    name: 'key',
    title: 'Read the key of the seal',
    idea: 'With it, a seal could be forged.',
    steps: () => [plain('select * from tenancy.key')],
  },
  {
    name: 'temporary-table',
    title: 'Leave a temporary table behind',
    idea: 'A table in the way of the next tenant on this connection: their query would read it first.',
    steps: () => [plain('create temporary table orders (tenant_id uuid, number bigint)')],
  },
]

/** Sends the statements of one attempt inside a savepoint and always undoes them. */
export async function attempt(tx: TenantTx, breakIn: BreakIn, aim: Aim): Promise<Outcome> {
  const steps = breakIn.steps(aim)
  const outcome: Outcome = {
    sql: steps.map(({ shown }) => `${hidden(shown, aim)};`).join('\n'),
    answer: '',
    refused: false,
    own: 0,
    others: 0,
  }
  const undo = new Error('undo')
  try {
    await tx.transaction(async (inner) => {
      for (const { statement } of steps) {
        const { rows, rowCount, command } = await inner.execute<Record<string, unknown>>(statement)
        outcome.own = sum(rows.filter((row) => row.tenant_id === aim.ownId))
        outcome.others = sum(rows.filter((row) => row.tenant_id !== aim.ownId))
        outcome.answer = `${command} ${rowCount ?? ''}`.trim()
      }
      throw undo
    })
  } catch (error) {
    if (error !== undo)
      Object.assign(outcome, {
        refused: true,
        own: 0,
        others: 0,
        answer: hidden(saying(error), aim),
      })
  }
  return outcome
}

/** Rows that came out: counted by the database, or one by one. */
const sum = (rows: Record<string, unknown>[]) =>
  rows.reduce((total, { rows }) => total + (typeof rows === 'number' ? rows : 1), 0)

function saying(error: unknown): string {
  const cause = error instanceof Error && error.cause ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause ? `ERROR ${String(cause.code)}: ${cause.message}` : cause.message
}

const hidden = (text: string, { neighbour }: Aim) =>
  text.replaceAll(neighbour.id, other).replaceAll(privateName(neighbour.id), `t_${other}`)
