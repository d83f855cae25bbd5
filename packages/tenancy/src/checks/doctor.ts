import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, type Tenancy, type TenancyConfig } from '#tenancy/base/tenancy'
import { engineFile } from '#tenancy/base/files'
import { tenantIdIn } from '#tenancy/base/ids'
import { functionsOf } from '#tenancy/migrations/functions'
import { readPlacements, serviceUrl, type Placement } from '#tenancy/registry/placements'
import { type Violation } from '#tenancy/base/schema'

/** The databases that the doctor checked, and the violations that it found. */
export type Report = { targets: string[]; findings: Violation[] }

type TenantHome = {
  tenant_id: string
  schema_name: string
  login: string
  state: string
  epoch: string
}

let checks: Promise<{ name: string; text: string }[]> | undefined

/** Each invariant is a .sql file in this folder that returns its violations as `object` and `why`. */
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

/**
 * Lists all invariants: one per .sql file, and those that compare databases or builds.
 * @returns Their names, sorted.
 */
export const invariants = async (): Promise<string[]> =>
  [...(await readChecks()).map(({ name }) => name), 'build', 'registry', 'reachable'].sort()

/** Checks the database of a connection. `target` is its name in the violations. */
async function examine(
  { config }: Tenancy,
  client: pg.ClientBase,
  target: string,
): Promise<Violation[]> {
  const findings: Violation[] = []
  for (const { name, text } of await readChecks()) {
    const values = name === 'functions' ? [JSON.stringify(entryFunctions(config))] : []
    const { rows } = await client.query<{ object: string; why: string }>(text, values)
    findings.push(...rows.map(({ object, why }) => violation(name, { target, object, why })))
  }
  return findings
}

/** The object is an identifier, so the tenant can be told from its name. */
function violation(check: string, facts: Omit<Violation, 'check' | 'tenantId'>): Violation {
  const tenantId = tenantIdIn(facts.object) ?? tenantIdIn(facts.target)
  return { check, ...facts, ...(tenantId && { tenantId }) }
}

/** The app's entry functions, which run as their owner, and the role that may call each. */
const entryFunctions = ({ entries }: TenancyConfig) =>
  Object.values(entries).flatMap(({ functions }) =>
    Object.entries(functions).map(([signature, login]) => ({
      signature,
      caller: `rowhouse_${login}`,
    })),
  )

/**
 * Checks the main database only, on the platform login. The app runs it before it serves requests.
 * @param tenancy - The instance.
 * @returns The violations.
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
 * Checks every database that holds tenants, and compares the registry with the tenant homes.
 * @param tenancy - The instance.
 * @returns The violations. A database that cannot be reached is one of them.
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
    [...databases].map(([target, database]) => checkDatabase(tenancy, target, database)),
  )
  return { targets: [...databases.keys()], findings: findings.flat() }
}

async function checkDatabase(
  tenancy: Tenancy,
  target: string,
  { url, placements }: { url: string; placements: Placement[] },
): Promise<Violation[]> {
  try {
    return await withConnection(url, async (client) => [
      ...(await examine(tenancy, client, target)),
      ...(await functionsOfOtherBuilds(tenancy, client, target)),
      ...(await registryDifferences(client, target, placements)),
    ])
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [violation('reachable', { target, object: target, why })]
  }
}

/**
 * Reports functions that another build installed. The app serves requests with them nevertheless:
 * two builds run at the same time during a rolling deployment.
 */
async function functionsOfOtherBuilds(
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
  const why = `found ${row ? row.sha256.slice(0, 12) : 'no record of a build'}, expected ${sha256.slice(0, 12)}; run setup or fleet migrate with the newest build`
  return [violation('build', { target, object: 'functions of schema tenancy', why })]
}

/**
 * Reports where the registry and the tenant homes disagree. A tenant that is being moved may be
 * reported for a moment.
 */
async function registryDifferences(
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
    const agrees =
      found?.schema_name === schema &&
      Number(found.epoch) === epoch &&
      ['active', 'copying'].includes(found.state)
    if (agrees) return []
    const home = found
      ? `the tenant home has schema ${found.schema_name}, epoch ${found.epoch}, state ${found.state}`
      : 'there is no tenant home'
    const why = `the registry has schema ${schema}, epoch ${epoch}, but ${home}`
    return [violation('registry', { target, object: tenantId, why })]
  })
}
