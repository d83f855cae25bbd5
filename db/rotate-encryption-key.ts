import { sql } from 'drizzle-orm'
import * as data from '@rowhouse/tenancy/data'
import { tenancy } from '#db/tenancy'

/** Where this app keeps encrypted texts, beside those of the engine. */
const places: data.SecretPlace[] = [
  {
    name: 'second factors',
    read: sql`select user_id::text as id, encrypted_secret as encrypted from platform.second_factors`,
    context: (id) => `second factor ${id}`,
    write: (id, old, fresh) =>
      sql`update platform.second_factors set encrypted_secret = ${fresh} where user_id = ${id} and encrypted_secret = ${old}`,
  },
  {
    name: 'emails',
    read: sql`select id::text as id, encrypted from platform.emails where encrypted is not null`,
    context: (id) => `email ${id}`,
    write: (id, old, fresh) =>
      sql`update platform.emails set encrypted = ${fresh} where id = ${id} and encrypted = ${old}`,
  },
]

/** Encrypts every kept secret again that was encrypted with ENCRYPTION_KEY_PREVIOUS. */
export const rotateEncryptionKey = (): Promise<data.RotatedPlace[]> =>
  data.rotateEncryptionKey(tenancy(), places)
