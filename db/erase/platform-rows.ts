import pg from 'pg'
import { readTables, type Table } from '#db/catalogue'
import { platformPool } from '#db/pools'

// Which tables of the platform say something about a tenant comes from the catalogue: those with a
// column `tenant_id`. What refers to the tenant only as a choice of somebody (a foreign key that is
// emptied, as in sessions) stays and forgets it.

/**
 * These outlive a tenant: they hold ids, times and counts, and the trail is emptied in its own way.
 */
const outlive = new Set(['erasures', 'audit'])
const name = pg.escapeIdentifier

/**
 * The ids by which others may speak of a tenant: its own, and those of its rows in the platform's
 * tables.
 */
export async function idsOf(tenantId: string): Promise<string[]> {
  const ids = [tenantId]
  for (const table of (await readTables(platformPool(), 'platform')).filter(isAboutTenants)) {
    if (
      table.name === 'audit' ||
      !table.columns.some((column) => column.name === 'id' && column.base === 'uuid')
    )
      continue
    if (emptied(table)) continue
    const { rows } = await platformPool().query<{ id: string }>(
      `select id::text as id from platform.${name(table.name)} where tenant_id = $1`,
      [tenantId],
    )
    ids.push(...rows.map(({ id }) => id))
  }
  return ids
}

/**
 * Deletes what the platform knows of a tenant, the tenant itself and the people who belong to no
 * other, in one transaction. Returns how many rows went from each table.
 */
export async function removePlatformRows(tenantId: string): Promise<Record<string, number>> {
  const client = await platformPool().connect()
  const gone: Record<string, number> = {}
  const note = (what: string, rows: number | null) => {
    if (rows) gone[what] = (gone[what] ?? 0) + rows
  }
  try {
    await client.query('begin')
    const people = await peopleOf(client, tenantId)
    const tables = await readTables(client, 'platform')
    for (const table of tables.filter(isAboutTenants).toReversed()) {
      const at = `platform.${name(table.name)}`
      if (emptied(table))
        note(
          `${table.name} that forget it`,
          (await client.query(`update ${at} set tenant_id = null where tenant_id = $1`, [tenantId]))
            .rowCount,
        )
      else
        note(
          table.name,
          (await client.query(`delete from ${at} where tenant_id = $1`, [tenantId])).rowCount,
        )
    }
    await client.query(
      'update platform.users set last_tenant_id = null where last_tenant_id = $1',
      [tenantId],
    )
    // a key is what is counted, a colon and the tenant; attempts of people are counted under
    // hashes, which say nothing of them
    note(
      'rate_limits',
      (
        await client.query(`delete from platform.rate_limits where split_part(key, ':', 2) = $1`, [
          tenantId,
        ])
      ).rowCount,
    )
    for (const { id, email } of people) {
      note('letters', await removeLetters(client, tables, email))
      note('users', (await client.query('delete from platform.users where id = $1', [id])).rowCount)
    }
    note(
      'tenants',
      (await client.query('delete from platform.tenants where id = $1', [tenantId])).rowCount,
    )
    await client.query('commit')
    return gone
  } catch (error) {
    // the connection is gone, and the transaction with it
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

const isAboutTenants = ({ name: table, columns }: Table) =>
  !outlive.has(table) && columns.some((column) => column.name === 'tenant_id')

const emptied = ({ references }: Table) =>
  references.some(
    ({ table, columns, onDelete }) =>
      table === 'tenants' && columns.includes('tenant_id') && onDelete === 'emptied',
  )

/** Members of this tenant who belong to no other, and are not operators. */
async function peopleOf(
  client: Pick<pg.ClientBase, 'query'>,
  tenantId: string,
): Promise<{ id: string; email: string }[]> {
  const { rows } = await client.query<{ id: string; email: string }>(
    `select u.id, u.email
     from platform.users as u
     join platform.members as m on m.user_id = u.id and m.tenant_id = $1
     where not exists (select from platform.members as o where o.user_id = u.id and o.tenant_id <> $1)
       and not exists (select from platform.operators as o where o.user_id = u.id)
     for update of u`,
    [tenantId],
  )
  return rows
}

/** Mail, links and whatever else is kept under an address rather than a user. */
async function removeLetters(
  client: Pick<pg.ClientBase, 'query'>,
  tables: Table[],
  email: string,
): Promise<number> {
  let gone = 0
  for (const table of tables) {
    const column =
      table.name === 'users'
        ? undefined
        : table.columns.find(
            (one) => one.base === 'text' && (one.name === 'email' || one.name === 'recipient'),
          )
    if (column)
      gone +=
        (
          await client.query(
            `delete from platform.${name(table.name)} where ${name(column.name)} = $1`,
            [email],
          )
        ).rowCount ?? 0
  }
  return gone
}
