import { sql, type SQL } from 'drizzle-orm'
import { decrypt, encrypt, needsRotation } from '#tenancy/base/encryption'
import type { Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'

/** A place where encrypted texts are kept. */
export type SecretPlace = {
  name: string
  /** Selects each text as `encrypted`, with an `id`. */
  read: SQL
  /** What the text with this id is encrypted for: the `context` of `encrypt`. */
  context: (id: string) => string
  /** Replaces a text, unless it has changed meanwhile. */
  write: (id: string, old: string, fresh: string) => SQL
}

/** How many texts a place keeps, and how many of them were encrypted again. */
export type RotatedPlace = { place: string; kept: number; rotated: number }

/** Where the engine keeps secrets. */
const places: readonly SecretPlace[] = [
  {
    name: 'placements',
    read: sql`select tenant_id::text as id, secret as encrypted from tenancy.placements where secret is not null`,
    context: (id) => `placement ${id}`,
    write: (id, old, fresh) =>
      sql`update tenancy.placements set secret = ${fresh} where tenant_id = ${id} and secret = ${old}`,
  },
  ...(['source', 'target'] as const).map((end): SecretPlace => {
    const column = sql.identifier(end)
    return {
      name: `moves, ${end}`,
      read: sql`select id || ' ' || tenant_id as id, ${column} ->> 'secret' as encrypted from tenancy.moves where ${column} ->> 'secret' is not null`,
      context: (id) => `placement ${id.split(' ')[1]}`,
      write: (id, old, fresh) =>
        sql`update tenancy.moves set ${column} = jsonb_set(${column}, '{secret}', to_jsonb(${fresh}::text)) where id = ${id.split(' ')[0]} and ${column} ->> 'secret' = ${old}`,
    }
  }),
  ...(['migrator', 'worker'] as const).map((login): SecretPlace => {
    const column = sql.identifier(`${login}_secret`)
    return {
      name: `servers, ${login}`,
      read: sql`select id::text as id, ${column} as encrypted from tenancy.servers`,
      context: (id) => `server ${id} ${login}`,
      write: (id, old, fresh) =>
        sql`update tenancy.servers set ${column} = ${fresh} where id = ${id} and ${column} = ${old}`,
    }
  }),
]

/**
 * Encrypts every kept secret again that was encrypted with the previous encryption key. One that
 * changed meanwhile is left: it was written with the new key. Safe to call again.
 * @param more - Where the app keeps secrets of its own.
 */
export async function rotateEncryptionKey(
  tenancy: Tenancy,
  more: readonly SecretPlace[] = [],
): Promise<RotatedPlace[]> {
  const counts: RotatedPlace[] = []
  for (const place of [...places, ...more]) counts.push(await rotatePlace(tenancy, place))
  return counts
}

async function rotatePlace(
  tenancy: Tenancy,
  { name, read, context, write }: SecretPlace,
): Promise<RotatedPlace> {
  const db = platform(tenancy)
  const { rows } = await db.execute<{ id: string; encrypted: string }>(read)
  let rotated = 0
  for (const { id, encrypted } of rows) {
    if (!needsRotation(tenancy, encrypted)) continue
    const fresh = encrypt(tenancy, decrypt(tenancy, encrypted, context(id)), context(id))
    const { rowCount } = await db.execute(write(id, encrypted, fresh))
    rotated += rowCount ?? 0
  }
  return { place: name, kept: rows.length, rotated }
}
