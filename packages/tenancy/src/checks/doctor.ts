import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, type Tenancy, type TenancyConfig } from '#tenancy/base/tenancy'
import { engineFile } from '#tenancy/base/files'
import { functionsOf } from '#tenancy/migrations/functions'
import { readPlacements, serviceUrl, type Placement } from '#tenancy/registry/placements'
import { type Violation } from '#tenancy/base/schema'

/** What the doctor looked at and what it found; no findings is health. */
export type Report = { targets: string[]; findings: Violation[] }

type TenantHome = {
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
  const folder = engineFile('src', 'checks')
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
async function examine(
  { config }: Tenancy,
  client: pg.ClientBase,
  target: string,
): Promise<Violation[]> {
  const findings: Violation[] = []
  for (const { name, text } of await readChecks()) {
    const values = name === 'functions' ? [JSON.stringify(entryFunctions(config))] : []
    const { rows } = await client.query<{ object: string; why: string }>(text, values)
    findings.push(...rows.map(({ object, why }) => ({ check: name, target, object, why })))
  }
  return findings
}

/** The functions of the app's entries that run as their owner, and who may call each. */
const entryFunctions = ({ entries }: TenancyConfig) =>
  Object.values(entries).flatMap(({ functions }) =>
    Object.entries(functions).map(([signature, login]) => ({
      signature,
      caller: `rowhouse_${login}`,
    })),
  )

/**
 * Checks the main database alone, as the platform login sees it: what the app does before it serves
 * anybody.
 */
export async function checkMain(tenancy: Tenancy): Promise<Report> {
  return {
    targets: ['main'],
    findings: await withConnection(loginUrl(tenancy, 'platform'), (client) =>
      examine(tenancy, client, 'main'),
    ),
  }
}

/**
 * Checks every database that holds tenants, and that the registry and the tenant homes agree. A database out
 * of reach is a finding.
 */
export async function checkFleet(tenancy: Tenancy): Promise<Report> {
  const placements = await readPlacements(tenancy)
  const databases = new Map<string, { url: string; placements: Placement[] }>([
    ['main', { url: loginUrl(tenancy, 'worker'), placements: [] }],
  ])
  for (const placement of placements) {
    const target = placement.database
      ? `${placement.server ? `${placement.server.host}:${placement.server.port}/` : ''}${placement.database}`
      : 'main'
    const known = databases.get(target) ?? {
      url: serviceUrl(tenancy, 'worker', placement),
      placements: [],
    }
    known.placements.push(placement)
    databases.set(target, known)
  }
  const findings = await Promise.all(
    [...databases].map(([target, place]) => checkDatabase(tenancy, target, place)),
  )
  return { targets: [...databases.keys()], findings: findings.flat() }
}

async function checkDatabase(
  tenancy: Tenancy,
  target: string,
  place: { url: string; placements: Placement[] },
): Promise<Violation[]> {
  try {
    return await withConnection(place.url, async (client) => [
      ...(await examine(tenancy, client, target)),
      ...(await otherBuilds(tenancy, client, target)),
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
async function otherBuilds(
  tenancy: Tenancy,
  client: pg.Client,
  target: string,
): Promise<Violation[]> {
  const { sha256 } = await functionsOf(tenancy, target === 'main' ? 'main' : 'dedicated')
  const {
    rows: [row],
  } = await client.query<{ sha256: string }>(
    `select sha256 from tenancy.applied_migrations where schema = 'tenancy' and migration = 'functions'`,
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
): Promise<Violation[]> {
  const { rows } = await client.query<TenantHome>(
    'select tenant_id, schema_name, login, state, epoch from tenancy.tenant_homes',
  )
  const homes = new Map(rows.map((row) => [row.tenant_id, row]))
  return placements.flatMap(({ tenantId, schema, epoch }) => {
    const found = homes.get(tenantId)
    const said = `schema ${schema}, epoch ${epoch}`
    if (!found)
      return [
        {
          check: 'registry',
          target,
          object: tenantId,
          why: `the registry says ${said}, but there is no tenant home`,
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
            why: `the registry says ${said}, the tenant home schema ${found.schema_name}, epoch ${found.epoch}, state ${found.state}`,
          },
        ]
  })
}
