import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, type Tenancy, type TenancyConfig } from '#tenancy/base/tenancy'
import { engineFile } from '#tenancy/base/files'
import { tenantIdIn } from '#tenancy/base/ids'
import { adminDigest, readAdminFiles } from '#tenancy/migrations/admin-files'
import {
  digestOfFiles,
  functionFiles,
  functionsDigest,
  recordedDigest,
} from '#tenancy/migrations/functions'
import { verifyFleet } from '#tenancy/migrations/verify'
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
  [
    ...(await readChecks()).map(({ name }) => name),
    'build',
    'drift',
    'function-bodies',
    'registry',
    'reachable',
  ].sort()

/** Checks the database of a connection. `target` is its name in the violations. */
async function examine(tenancy: Tenancy, client: pg.ClientBase, target: string): Promise<Found> {
  const { config } = tenancy
  const found: Found = { findings: [], notes: [] }
  const extensions = JSON.stringify(config.extensions ?? [])
  const values: Record<string, string[]> = {
    functions: [JSON.stringify(entryFunctions(config)), extensions],
    extensions: [extensions],
    'other-roles': [JSON.stringify(config.administrators ?? [])],
  }
  for (const { name, text } of await readChecks()) {
    const { rows } = await client.query<CheckRow>(text, values[name] ?? [])
    for (const { object, why, accepted = false } of rows)
      found[accepted ? 'notes' : 'findings'].push(violation(name, { target, object, why }))
  }
  found.findings.push(...(await replacedFunctions(tenancy, client, target)))
  return found
}

/**
 * Reports functions whose body is not that of this build's files, although the ledger says that the
 * files of this build were installed.
 */
async function replacedFunctions(
  tenancy: Tenancy,
  client: pg.ClientBase,
  target: string,
): Promise<Violation[]> {
  const scope = target === 'main' ? 'main' : 'dedicated'
  const sources = {
    functions: await functionFiles(tenancy, scope),
    admin: await readAdminFiles(),
  }
  const definitions: string[] = []
  for (const kind of ['functions', 'admin'] as const)
    if ((await recordedDigest(client, kind)) === digestOfFiles(sources[kind]))
      definitions.push(
        ...sources[kind].flatMap(({ text }) => text.split(/create or replace function /i).slice(1)),
      )
  const { rows } = await client.query<{ name: string; object: string; body: string }>(
    `select n.nspname || '.' || p.proname as name, p.oid::regprocedure::text as object, p.prosrc as body
     from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
     where n.nspname in ('tenancy', 'platform')`,
  )
  return rows.flatMap(({ name, object, body }) => {
    const own = definitions.filter((definition) => definition.startsWith(`${name}(`))
    if (own.length === 0 || own.some((definition) => definition.includes(`$$${body}$$`))) return []
    const why =
      "its body is not that of this build's files: find out who replaced it, see docs/runbooks/drift-found.md"
    return [violation('function-bodies', { target, object, why })]
  })
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
 * Checks every database that holds tenants, and compares the registry with the tenant homes and every
 * schema with its migrations.
 * @param tenancy - The instance.
 * @param options.drift - Whether to compare every schema with its migrations, which takes a second or more.
 * @returns The violations and notes. A database that cannot be reached is a violation.
 */
export async function checkFleet(
  tenancy: Tenancy,
  { drift = false }: { drift?: boolean } = {},
): Promise<Report> {
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
  const findings = found.flatMap(({ findings }) => findings)
  const compared = drift ? await findDrift(tenancy, findings) : { findings: [], notes: [] }
  return {
    targets: [...databases.keys()],
    findings: [...findings, ...compared.findings],
    notes: [...found.flatMap(({ notes }) => notes), ...compared.notes],
  }
}

/**
 * Reports what `fleet verify` finds: objects that differ from the migrations and from the engine's files.
 * The engine of another build, and a database that cannot be reached, are reported already. A target
 * that a newer build has migrated, as during a rollout, is a note.
 */
async function findDrift(tenancy: Tenancy, reported: Violation[]): Promise<Found> {
  const known = new Set(reported.map(({ check }) => check))
  const { drift, ahead } = await verifyFleet(tenancy)
  const findings = drift
    .filter(
      ({ target, object }) =>
        !ahead.includes(target) &&
        !(known.has('build') && /^tenancy( of |$)/.test(target)) &&
        !(known.has('reachable') && object === 'database'),
    )
    .map(({ target, object, expected, found }) => {
      const why =
        expected === null
          ? 'no migration creates it'
          : found === null
            ? 'it is missing'
            : 'it differs from its migrations'
      return violation('drift', {
        target,
        object,
        why: `${why}; \`fleet verify\` shows the definitions`,
      })
    })
  const notes = ahead.map((target) =>
    violation('drift', {
      target,
      object: target,
      why: 'a newer build has migrated it, so this build cannot compare it; `doctor` of the newer build can',
    }),
  )
  return { findings, notes }
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
