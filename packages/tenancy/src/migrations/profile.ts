import type pg from 'pg'
import { HardeningIncomplete } from '#tenancy/migrations/errors'

/**
 * How strictly the doctor checks a database: with `hardened`, a built-in function that is open to
 * public is a violation; with `managed`, it is a note.
 */
export const profiles = ['hardened', 'managed'] as const
export type Profile = (typeof profiles)[number]

/** Built-in functions of one family that the administrator could not revoke from public. */
export type OpenFunctions = { family: string; signatures: string[]; consequence: string }

/** The profile of a database, and what is open there. */
export type Hardening = { database: string; profile: Profile; open: OpenFunctions[] }

/**
 * Records the profile of a database. The first call decides by what could be revoked, and later calls
 * keep it, unless a profile is declared.
 * @param admin - A connection of the administrator, after `harden`.
 * @throws HardeningIncomplete if `hardened` is declared and functions are open.
 */
export async function recordProfile(admin: pg.Client, declared?: Profile): Promise<Hardening> {
  const database = admin.database ?? ''
  const { rows: open } = await admin.query<OpenFunctions>(
    `select family, array_agg(signature order by signature) as signatures, consequence
     from tenancy.open_functions() group by family, consequence order by family`,
  )
  if (declared === 'hardened' && open.length > 0) throw new HardeningIncomplete(database, open)
  const byRights: Profile = open.length > 0 ? 'managed' : 'hardened'
  const { rows } = await admin.query<{ profile: Profile }>(
    `insert into tenancy.installation as i (profile) values ($1)
     on conflict (one) do update set profile = coalesce($2, i.profile) returning profile`,
    [declared ?? byRights, declared ?? null],
  )
  return { database, profile: rows[0]?.profile ?? byRights, open }
}
