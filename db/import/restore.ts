import pg from 'pg'
import { readTables } from '#db/catalogue'
import { ArchiveRefused, Invalid, OnHold } from '#db/errors'
import * as erasures from '#db/erase/erasures'
import { standing } from '#db/holds'
import { check, importTenant, type Imported } from '#db/import/import'
import { latestMove } from '#db/move/ledger'
import { isLive } from '#db/move/states'
import { platformPool } from '#db/pools'
import { platform } from '#db/registry'
import { bySlug } from '#db/tenants'

type Restored = Imported & { before: { tenantId: string; slug: string } }

/**
 * What belongs to a place or to its history, not to the people who use it: it stays where it is.
 */
const stays = new Set([
  'placements',
  'suspensions',
  'moves',
  'imports',
  'exports',
  'databases_seen',
  'data_steps',
  'migration_failures',
  'erasures',
  'audit',
  'holds',
])
const name = pg.escapeIdentifier

/**
 * Puts a tenant back to what it was in an export of it: imports the file beside, verified, as a
 * tenant of its own; then, in one transaction, name, slug, members, keys, sessions and settings go
 * over to it. What was there before stays under another slug, with nobody in it, and is erased
 * after the waiting time. Throws ArchiveRefused, OnHold for a tenant on hold.
 */
export async function restoreTenant(slug: string, path: string, actor: string): Promise<Restored> {
  const old = await bySlug(platform(), slug)
  const held = await standing(platform(), old.id)
  if (held) throw new OnHold(held.at, held.reason)
  const move = await latestMove(old.id)
  if (move && isLive(move.state))
    throw new Invalid('slug', `tenant ${slug} has a move under way; wait for its end`)
  const { manifest } = await check(path)
  if (manifest.tenant.id !== old.id && manifest.tenant.slug !== slug)
    throw new ArchiveRefused(
      `it is an export of ${manifest.tenant.slug}, not of ${slug}; \`tenant import\` makes a new tenant of it`,
    )
  const [owner] = (
    await platformPool().query<{ id: string }>(
      `select user_id as id from platform.members where tenant_id = $1 and role = 'owner' order by joined_at limit 1`,
      [old.id],
    )
  ).rows
  if (!owner)
    throw new Invalid('slug', `tenant ${slug} has no owner, so nobody could use what is restored`)
  const stamp = Date.now().toString(36)
  const made = await importTenant({
    path,
    slug: `${slug.slice(0, 45)}-new-${stamp}`,
    ownerId: owner.id,
    actor,
    tier: old.tier,
  })
  const before = { tenantId: old.id, slug: `${slug.slice(0, 45)}-old-${stamp}` }
  await swap(old.id, made.tenantId, slug, before.slug, actor)
  await erasures.request(old.id, { actor, userId: null })
  return { ...made, slug, before }
}

/**
 * Everything that refers to the old tenant refers to the new one from here on, by what the
 * catalogue has.
 */
async function swap(
  oldId: string,
  newId: string,
  slug: string,
  oldSlug: string,
  actor: string,
): Promise<void> {
  const client = await platformPool().connect()
  try {
    await client.query('begin')
    await client.query('update platform.tenants set slug = $2 where id = $1', [oldId, oldSlug])
    await client.query(
      'update platform.tenants as n set slug = $2, name = o.name, currency = o.currency, locale = o.locale from platform.tenants as o where n.id = $1 and o.id = $3',
      [newId, slug, oldId],
    )
    await client.query('delete from platform.members where tenant_id = $1', [newId])
    const about = (await readTables(client, 'platform')).filter(
      ({ name: table, columns }) =>
        !stays.has(table) && columns.some((column) => column.name === 'tenant_id'),
    )
    // members first: keys and the like refer to them
    await client.query(
      'insert into platform.members (tenant_id, user_id, role, joined_at) select $2, user_id, role, joined_at from platform.members where tenant_id = $1',
      [oldId, newId],
    )
    for (const { name: table, key } of about) {
      if (table === 'members') continue
      // what the worker has measured of the new one meanwhile stands where the old one's rows go
      if (key.includes('tenant_id'))
        await client.query(`delete from platform.${name(table)} where tenant_id = $1`, [newId])
      await client.query(`update platform.${name(table)} set tenant_id = $2 where tenant_id = $1`, [
        oldId,
        newId,
      ])
    }
    await client.query('delete from platform.members where tenant_id = $1', [oldId])
    await client.query('update platform.users set last_tenant_id = $2 where last_tenant_id = $1', [
      oldId,
      newId,
    ])
    await client.query('select tenancy.record($1, $2, $3, $4)', [
      actor,
      'tenant restored',
      newId,
      JSON.stringify({ before: oldId }),
    ])
    await client.query('commit')
  } catch (error) {
    // the connection is gone, and the transaction with it
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}
