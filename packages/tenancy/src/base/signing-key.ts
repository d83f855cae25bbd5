import { randomBytes } from 'node:crypto'
import type pg from 'pg'

/**
 * Gives a database the key that signs its contexts, unless it has one. Each database has its own key.
 * @param owner - A connection as the owner of the functions, who alone can read the key.
 */
export async function giveKey(owner: pg.ClientBase): Promise<void> {
  const key = Buffer.concat([randomBytes(32), Buffer.alloc(32)])
  const pad = (byte: number) => Buffer.from(key.map((value) => value ^ byte))
  await owner.query(
    'insert into tenancy.key (inner_pad, outer_pad) values ($1, $2) on conflict do nothing',
    [pad(0x36), pad(0x5c)],
  )
}
