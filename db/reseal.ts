import { sql, type SQL } from 'drizzle-orm'
import { platform } from '#db/registry'
import { decrypt, encrypt, needsRotation } from '#db/secrets'

/**
 * Every place where a sealed text is kept, and what it is sealed for (db/secrets.ts, `context`).
 */
const places: {
  name: string
  read: SQL
  context: (id: string) => string
  write: (id: string, old: string, fresh: string) => SQL
}[] = [
  {
    name: 'placements',
    read: sql`select tenant_id::text as id, secret as sealed from platform.placements where secret is not null`,
    context: (id) => `placement ${id}`,
    write: (id, old, fresh) =>
      sql`update platform.placements set secret = ${fresh} where tenant_id = ${id} and secret = ${old}`,
  },
  ...(['source', 'target'] as const).map((end) => ({
    name: `moves, ${end}`,
    context: (id: string) => `placement ${id.split(' ')[1]}`,
    read: sql`select id || ' ' || tenant_id as id, ${sql.raw(end)} ->> 'secret' as sealed from platform.moves where ${sql.raw(end)} ->> 'secret' is not null`,
    write: (id: string, old: string, fresh: string) =>
      sql`update platform.moves set ${sql.raw(end)} = jsonb_set(${sql.raw(end)}, '{secret}', to_jsonb(${fresh}::text)) where id = ${id.split(' ')[0]} and ${sql.raw(end)} ->> 'secret' = ${old}`,
  })),
  ...(['migrator', 'worker'] as const).map((login) => ({
    name: `servers, ${login}`,
    context: (id: string) => `server ${id} ${login}`,
    read: sql`select id::text as id, ${sql.raw(login)}_secret as sealed from platform.servers`,
    write: (id: string, old: string, fresh: string) =>
      sql`update platform.servers set ${sql.raw(login)}_secret = ${fresh} where id = ${id} and ${sql.raw(login)}_secret = ${old}`,
  })),
  {
    name: 'second factors',
    read: sql`select user_id::text as id, sealed_secret as sealed from platform.second_factors`,
    context: (id) => `second factor ${id}`,
    write: (id, old, fresh) =>
      sql`update platform.second_factors set sealed_secret = ${fresh} where user_id = ${id} and sealed_secret = ${old}`,
  },
  {
    name: 'mail',
    read: sql`select id::text as id, sealed from platform.mail where sealed is not null`,
    context: (id) => `mail ${id}`,
    write: (id, old, fresh) =>
      sql`update platform.mail set sealed = ${fresh} where id = ${id} and sealed = ${old}`,
  },
]

/**
 * Seals every kept secret again with ENCRYPTION_KEY that was sealed with ENCRYPTION_KEY_PREVIOUS. A
 * value that changed meanwhile is left: it was written with the new key. Out: per place, how many
 * there are and how many were sealed again.
 */
export async function resealAll(): Promise<{ place: string; kept: number; resealed: number }[]> {
  const db = platform()
  const counts = []
  for (const { name, read, context, write } of places) {
    const { rows } = await db.execute<{ id: string; sealed: string }>(read)
    let resealed = 0
    for (const { id, sealed } of rows.filter((row) => needsRotation(row.sealed))) {
      const { rowCount } = await db.execute(
        write(id, sealed, encrypt(decrypt(sealed, context(id)), context(id))),
      )
      resealed += rowCount ?? 0
    }
    counts.push({ place: name, kept: rows.length, resealed })
  }
  return counts
}
