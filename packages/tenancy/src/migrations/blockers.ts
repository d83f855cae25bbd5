import type pg from 'pg'

/** Lists the sessions that hold locks on the tables of a schema, for an error message. */
export async function blockers(client: pg.Client, schema: string): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select distinct format('%s (login %s, process %s)', coalesce(nullif(a.application_name, ''), 'a client without a name'), a.usename, a.pid) as who
     from pg_catalog.pg_locks as l
     join pg_catalog.pg_class as c on c.oid = l.relation
     join pg_catalog.pg_stat_activity as a on a.pid = l.pid
     where l.granted and l.pid <> pg_backend_pid() and c.relnamespace = $1::regnamespace
       and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())`,
    [schema],
  )
  return rows.map(({ who }) => who).join(', ')
}
