import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, type Tenancy, type TenancyConfig } from '#tenancy/base/tenancy'
import { engineFile } from '#tenancy/base/files'
import { tenantIdIn } from '#tenancy/base/ids'
import { adminDigest } from '#tenancy/migrations/admin-files'
import { functionsDigest, recordedDigest } from '#tenancy/migrations/functions'
import { readPlacements, serviceUrl, type Placement } from '#tenancy/registry/placements'
import { type Violation } from '#tenancy/base/schema'

/** What the doctor found in a database, or in all. */
type Found = {
  /** The violations. */
  findings: Violation[]
  /** What the profile of a database accepts, with the consequence. */
  notes: Violation[]
}

/** The databases that the doctor checked, and what it found. */
export type Report = { targets: string[] } & Found

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
async function examine({ config }: Tenancy, client: pg.ClientBase, target: string): Promise<Found> {
  const found: Found = { findings: [], notes: [] }
  const extensions = JSON.stringify(config.extensions ?? [])
  const values: Record<string, string[]> = {
    functions: [JSON.stringify(entryFunctions(config)), extensions],
    extensions: [extensions],
  }
  for (const { name, text } of await readChecks()) {
    const { rows } = await client.query<CheckRow>(text, values[name] ?? [])
    for (const { object, why, accepted = false } of rows)
      found[accepted ? 'notes' : 'findings'].push(violation(name, { target, object, why }))
  }
  return found
}

/** `accepted` is true for what the database's profile accepts. Few checks have that column. */
type CheckRow = { object: string; why: string; accepted?: boolean }

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
 * @returns The violations and notes.
 */
export async function checkMain(tenancy: Tenancy): Promise<Report> {
  const found = await withConnection(loginUrl(tenancy, 'platform'), (client) =>
    examine(tenancy, client, 'main'),
  )
  return { targets: ['main'], ...found }
}

/**
 * Checks every database that holds tenants, and compares the registry with the tenant homes.
 * @param tenancy - The instance.
 * @returns The violations and notes. A database that cannot be reached is a violation.
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
  const found = await Promise.all(
    [...databases].map(([target, database]) => checkDatabase(tenancy, target, database)),
  )
  return {
    targets: [...databases.keys()],
    findings: found.flatMap(({ findings }) => findings),
    notes: found.flatMap(({ notes }) => notes),
  }
}

async function checkDatabase(
  tenancy: Tenancy,
  target: string,
  { url, placements }: { url: string; placements: Placement[] },
): Promise<Found> {
  const server = placements[0]?.server
  const adminUrl = server ? `postgres://ADMIN@${server.host}:${server.port}/postgres` : null
  try {
    return await withConnection(url, async (client) => {
      const builds = await filesOfOtherBuilds(tenancy, client, { target, adminUrl })
      const found = await examine(tenancy, client, target).catch((error: unknown) => {
        // the checks of this build may need objects that its setup creates
        if (builds.length === 0) throw error
        return { findings: [], notes: [] }
      })
      const registry = await registryDifferences(client, target, placements)
      return { ...found, findings: [...found.findings, ...builds, ...registry] }
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { findings: [violation('reachable', { target, object: target, why })], notes: [] }
  }
}

/**
 * Reports functions that another build installed. The app serves requests with them nevertheless:
 * two builds run at the same time during a rolling deployment.
 * @param database.adminUrl - Null on the main server, whose administrator setup knows.
 */
async function filesOfOtherBuilds(
  tenancy: Tenancy,
  client: pg.Client,
  { target, adminUrl }: { target: string; adminUrl: string | null },
): Promise<Violation[]> {
  const expected = {
    functions: await functionsDigest(tenancy, target === 'main' ? 'main' : 'dedicated'),
    admin: await adminDigest(),
  }
  const setup = adminUrl === null ? '`setup`' : `\`setup --database-url ${adminUrl}\``
  const files = [
    ['functions', 'functions of schema tenancy', `${setup} or \`fleet migrate\``],
    ['admin', 'functions of the administrator', setup],
  ] as const
  const violations: Violation[] = []
  for (const [kind, object, command] of files) {
    const found = await recordedDigest(client, kind)
    if (found === expected[kind]) continue
    const why = `found ${found ? found.slice(0, 12) : 'no record of a build'}, expected ${expected[kind].slice(0, 12)}; run ${command} with the newest build`
    violations.push(violation('build', { target, object, why }))
  }
  return violations
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
