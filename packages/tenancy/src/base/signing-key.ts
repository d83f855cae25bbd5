import { randomBytes } from 'node:crypto'
import type pg from 'pg'

/**
 * Stores the key that signs a database's contexts, unless it has one. Each database has another key.
 * @param owner - A connection as the owner of the functions, the only role that can read the key.
 */
export async function giveKey(owner: pg.ClientBase): Promise<void> {
  const key = Buffer.concat([randomBytes(32), Buffer.alloc(32)])
  const pad = (byte: number) => Buffer.from(key.map((value) => value ^ byte))
  await owner.query(
    'insert into tenancy.key (inner_pad, outer_pad) values ($1, $2) on conflict do nothing',
    [pad(0x36), pad(0x5c)],
  )
}
