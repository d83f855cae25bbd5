import type pg from 'pg'

type FenceHolder = {
  pid: number
  login: string
  application: string
  seconds: number | null
  doing: string | null
}

const longSeconds = 1

/**
 * Lists the open transactions of a tenant in one database, oldest first.
 * @param client - A connection of the worker to that database.
 */
export async function fenceHolders(client: pg.Client, tenantId: string): Promise<FenceHolder[]> {
  const { rows } = await client.query<FenceHolder>('select * from tenancy.fence_holders($1)', [
    tenantId,
  ])
  return rows
}

/** Lists those of `fenceHolders` that have been open for more than a second. */
export const longFenceHolders = async (
  client: pg.Client,
  tenantId: string,
): Promise<FenceHolder[]> =>
  (await fenceHolders(client, tenantId)).filter(({ seconds }) => (seconds ?? 0) > longSeconds)

export const describeHolder = ({ pid, login, application, seconds, doing }: FenceHolder): string =>
  `backend ${pid} (${login}, ${application || 'no application name'}), whose transaction has been ${doing ?? 'open'} for ${Math.round(seconds ?? 0)} s`
