import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { connected } from '#db/connect'
import { loginUrl } from '#db/env'
import { functionsOf, inEveryDatabase, inMainDatabase } from '#db/fleet/functions'
import { readPlacements, serviceUrl, type Placement } from '#db/registry'
import type { Offender } from '#db/schema/console'

/** What the doctor looked at and what it found; no findings is health. */
export type Report = { targets: string[]; findings: Offender[] }

type Resident = {
  tenant_id: string
  schema_name: string
  login: string
  state: string
  epoch: string
}

let checks: Promise<{ name: string; text: string }[]> | undefined

/**
 * Each invariant is one .sql file here that returns the rows which break it, as `object` and `why`.
 */
function readChecks() {
  const folder = join(process.cwd(), 'db', 'doctor')
  checks ??= readdir(folder).then((files) =>
    Promise.all(
      files
        .filter((file) => file.endsWith('.sql'))
        .sort()
        .map(async (file) => ({
          name: file.slice(0, -4),
          text: await readFile(join(folder, file), 'utf8'),
        })),
    ),
  )
  return checks
}

/** The names of all invariants, those of the catalogue and those between databases. */
export const invariants = async (): Promise<string[]> =>
  [...(await readChecks()).map(({ name }) => name), 'build', 'registry', 'reachable'].sort()

/**
 * Checks the database that a connection leads to. In: the connection, and how findings shall call
 * the database.
 */
async function examine(client: pg.ClientBase, target: string): Promise<Offender[]> {
  const findings: Offender[] = []
  for (const { name, text } of await readChecks()) {
    const { rows } = await client.query<{ object: string; why: string }>(text)
    findings.push(...rows.map(({ object, why }) => ({ check: name, target, object, why })))
  }
  return findings
}

/**
 * Checks the main database alone, as the platform login sees it: what the app does before it serves
 * anybody.
 */
export async function examineMain(): Promise<Report> {
  return {
    targets: ['main'],
    findings: await connected(loginUrl('platform'), (client) => examine(client, 'main')),
  }
}

/**
 * Checks every database that holds tenants, and that registry and residents agree. A database out
 * of reach is a finding.
 */
export async function examineFleet(): Promise<Report> {
  const placements = await readPlacements()
  const databases = new Map<string, { url: string; placements: Placement[] }>([
    ['main', { url: loginUrl('worker'), placements: [] }],
  ])
  for (const placement of placements) {
    const target = placement.database
      ? `${placement.server ? `${placement.server.host}:${placement.server.port}/` : ''}${placement.database}`
      : 'main'
    const known = databases.get(target) ?? { url: serviceUrl('worker', placement), placements: [] }
    known.placements.push(placement)
    databases.set(target, known)
  }
  const findings = await Promise.all(
    [...databases].map(([target, place]) => examinePlace(target, place)),
  )
  return { targets: [...databases.keys()], findings: findings.flat() }
}

async function examinePlace(
  target: string,
  place: { url: string; placements: Placement[] },
): Promise<Offender[]> {
  try {
    return await connected(place.url, async (client) => [
      ...(await examine(client, target)),
      ...(await otherBuilds(client, target)),
      ...(await disagreements(client, target, place.placements)),
    ])
  } catch (error) {
    return [
      {
        check: 'reachable',
        target,
        object: target,
        why: error instanceof Error ? error.message : String(error),
      },
    ]
  }
}

/**
 * Functions that another build has left here. The app serves with them: while a deployment rolls,
 * two builds are at work.
 */
async function otherBuilds(client: pg.Client, target: string): Promise<Offender[]> {
  const { sha256 } = await functionsOf(target === 'main' ? inMainDatabase : inEveryDatabase)
  const {
    rows: [row],
  } = await client.query<{ sha256: string }>(
    `select sha256 from tenancy.applied where schema = 'tenancy' and migration = 'functions'`,
  )
  if (row?.sha256 === sha256) return []
  const why = `they are of ${row ? row.sha256.slice(0, 12) : 'no known build'}, this build has ${sha256.slice(0, 12)}; run setup or fleet migrate with the newest build`
  return [{ check: 'build', target, object: 'functions of schema tenancy', why }]
}

/**
 * Where the registry says one thing and the fence another. A tenant in the middle of a move may be
 * listed here for an instant.
 */
async function disagreements(
  client: pg.Client,
  target: string,
  placements: Placement[],
): Promise<Offender[]> {
  const { rows } = await client.query<Resident>(
    'select tenant_id, schema_name, login, state, epoch from tenancy.residents',
  )
  const residents = new Map(rows.map((row) => [row.tenant_id, row]))
  return placements.flatMap(({ tenantId, schema, epoch }) => {
    const found = residents.get(tenantId)
    const said = `schema ${schema}, epoch ${epoch}`
    if (!found)
      return [
        {
          check: 'registry',
          target,
          object: tenantId,
          why: `the registry says ${said}, but there is no resident row`,
        },
      ]
    const agrees =
      found.schema_name === schema &&
      Number(found.epoch) === epoch &&
      ['active', 'copying'].includes(found.state)
    return agrees
      ? []
      : [
          {
            check: 'registry',
            target,
            object: tenantId,
            why: `the registry says ${said}, the resident row schema ${found.schema_name}, epoch ${found.epoch}, state ${found.state}`,
          },
        ]
  })
}
