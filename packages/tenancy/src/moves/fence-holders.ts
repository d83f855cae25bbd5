import type pg from 'pg'

type Holder = {
  pid: number
  login: string
  application: string
  seconds: number | null
  doing: string | null
}

const longSeconds = 1

/**
 * The open transactions of a tenant in the database that the worker's connection leads to, the
 * oldest first.
 */
export async function holders(client: pg.Client, tenantId: string): Promise<Holder[]> {
  const { rows } = await client.query<Holder>('select * from tenancy.fence_holders($1)', [tenantId])
  return rows
}

export const longHolders = async (client: pg.Client, tenantId: string): Promise<Holder[]> =>
  (await holders(client, tenantId)).filter(({ seconds }) => (seconds ?? 0) > longSeconds)

export const describeHolder = ({ pid, login, application, seconds, doing }: Holder): string =>
  `backend ${pid} (${login}, ${application || 'no application name'}), whose transaction is ${doing ?? 'open'} for ${Math.round(seconds ?? 0)} s`
