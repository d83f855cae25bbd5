import type pg from 'pg'
import { asOwner, mainDatabase, type DatabaseLocation } from '#tenancy/migrations/connections'
import { dedicatedDatabaseLocations } from '#tenancy/migrations/dedicated-databases'
import { expectedEngine, expectedOf, type Expected } from '#tenancy/migrations/expected'
import { digests, itemsOf, type CatalogItem } from '#tenancy/migrations/fingerprint'
import { readAdminFiles } from '#tenancy/migrations/admin-files'
import type { DatabaseScope } from '#tenancy/migrations/engine-migrations'
import { normalizeDefinition } from '#tenancy/migrations/normalize-definition'
import { createdFunctions, parseSql } from '#tenancy/migrations/parse-sql'
import { readHistories, type Histories } from '#tenancy/migrations/history'
import { type Tenancy } from '#tenancy/base/tenancy'
import { readTargets, type TargetVersion } from '#tenancy/migrations/targets'

/**
 * An object of a target that differs from its history. `expected` or `found` is null if missing.
 */
export type Drift = {
  target: string
  object: string
  expected: string | null
  found: string | null
}
export type Verification = {
  targets: number
  drift: Drift[]
  /** The names of targets with migrations that this build does not have. */
  ahead: string[]
  ms: number
}

const chunk = 100

/**
 * Compares every target's catalogue with what its migrations create in an empty schema of the same
 * database, and the engine's functions with their files. A target that is behind is compared with
 * its own version. Changes nothing.
 * @param tenancy - The instance.
 * @param ownHistories - The histories of this build, if they have been read already.
 * @returns Every difference. `targets` is the number of targets compared.
 */
export async function verifyFleet(
  tenancy: Tenancy,
  ownHistories?: Histories,
): Promise<Verification> {
  const histories = ownHistories ?? (await readHistories(tenancy))
  const started = performance.now()
  const drift: Drift[] = []
  const targets = await asOwner(tenancy, mainDatabase, 'the main database', async (client) => {
    const all = await readTargets(client, histories)
    drift.push(
      ...all.flatMap(ledgerDrift),
      ...(await engineDrift(tenancy, client, 'tenancy', 'main')),
    )
    drift.push(
      ...(await driftIn(
        client,
        all.filter(({ dedicatedDatabase }) => !dedicatedDatabase),
        histories,
      )),
    )
    return all
  })
  const locations = await dedicatedDatabaseLocations(tenancy)
  for (const target of targets.filter(({ dedicatedDatabase }) => dedicatedDatabase)) {
    const location = locations.get(target.tenantId ?? '')
    if (location)
      drift.push(...(await driftInDedicatedDatabase(tenancy, target, location, histories)))
  }
  const ahead = targets.filter(({ unknown }) => unknown.length > 0).map(({ name }) => name)
  return { targets: targets.length, drift, ahead, ms: Math.round(performance.now() - started) }
}

async function driftInDedicatedDatabase(
  tenancy: Tenancy,
  target: TargetVersion,
  location: DatabaseLocation,
  histories: Histories,
): Promise<Drift[]> {
  try {
    return await asOwner(tenancy, location, target.name, async (client) => {
      const { rows } = await client.query<{ migration: string }>(
        'select migration from tenancy.applied_migrations where schema = $1',
        [target.schema],
      )
      const had = new Set(rows.map(({ migration }) => migration))
      const now = {
        ...target,
        lacks: histories.tenant.filter(({ tag }) => !had.has(tag)).map(({ tag }) => tag),
      }
      return [
        ...(await engineDrift(tenancy, client, `tenancy of ${target.name}`, 'dedicated')),
        ...(await driftIn(client, [now], histories)),
      ]
    })
  } catch (error) {
    return [
      {
        target: target.name,
        object: 'database',
        expected: 'reachable',
        found: error instanceof Error ? error.message : String(error),
      },
    ]
  }
}

/** Compares the targets of one database, grouped by version. */
async function driftIn(
  client: pg.Client,
  targets: TargetVersion[],
  histories: Histories,
): Promise<Drift[]> {
  const drift: Drift[] = []
  for (const alike of Map.groupBy(targets, ({ plane, lacks }) =>
    [plane, ...lacks].join(),
  ).values()) {
    const [{ plane, lacks } = { plane: 'tenant' as const, lacks: [] as string[] }] = alike
    const expected = await expectedOf(
      client,
      plane,
      histories[plane].filter(({ tag }) => !lacks.includes(tag)),
    )
    const matching = new Set([expected.digest])
    for (let from = 0; from < alike.length; from += chunk) {
      const part = alike.slice(from, from + chunk)
      const found = await digests(
        client,
        part.map(({ schema }) => schema),
      )
      for (const { name, schema } of part) {
        const digest = found.get(schema)
        if (digest === undefined)
          drift.push({ target: name, object: 'schema', expected: 'exists', found: null })
        else if (!matching.has(digest)) {
          const differences = await difference(name, expected.items, await itemsOf(client, schema))
          // after a restore, all schemas have the same other digest
          if (differences.length === 0) matching.add(digest)
          drift.push(...withRoleNames(differences, schema))
        }
      }
    }
  }
  return drift
}

function ledgerDrift({ name, unknown, changed }: TargetVersion): Drift[] {
  return [
    ...unknown.map((tag) => ({
      target: name,
      object: `migration ${tag}`,
      expected: null,
      found: 'applied',
    })),
    ...Object.entries(changed).map(([tag, sha256]) => ({
      target: name,
      object: `migration ${tag}`,
      expected: 'as its file',
      found: `applied as ${sha256.slice(0, 12)}`,
    })),
  ]
}

/** Skips owner and grants of the administrator's functions; the doctor checks their grants. */
export async function engineDrift(
  tenancy: Tenancy,
  client: pg.Client,
  target: string,
  scope: DatabaseScope,
): Promise<Drift[]> {
  const ownedByAdmin: string[] = []
  for (const file of await readAdminFiles())
    ownedByAdmin.push(...createdFunctions(await parseSql(file.text, file)))
  const isOwnedByAdmin = ({ object }: CatalogItem) =>
    ownedByAdmin.some((name) => new RegExp(`(owner of| on) function ${name}\\b`).test(object))
  const expected: Expected = await expectedEngine(tenancy, client, scope)
  return withRoleNames(
    await difference(
      target,
      expected.items.filter((item) => !isOwnedByAdmin(item)),
      (await itemsOf(client, 'tenancy')).filter((item) => !isOwnedByAdmin(item)),
    ),
    'tenancy',
  )
}

/** Replaces `<login>` with the name of the tenant's role. */
const withRoleNames = (drift: Drift[], schema: string): Drift[] =>
  drift.map((one) => ({
    ...one,
    object: one.object.replace('<login>', schema.startsWith('t_') ? schema : 'rowhouse_tenant'),
  }))

/** Compares the objects of a target. Definitions that only a restore has reworded are equal. */
async function difference(
  target: string,
  expected: CatalogItem[],
  found: CatalogItem[],
): Promise<Drift[]> {
  const [byExpected, byFound] = [expected, found].map(
    (items) => new Map(items.map(({ object, definition }) => [object, definition])),
  )
  const drift: Drift[] = []
  for (const object of new Set([...(byExpected?.keys() ?? []), ...(byFound?.keys() ?? [])])) {
    const one = {
      target,
      object,
      expected: byExpected?.get(object) ?? null,
      found: byFound?.get(object) ?? null,
    }
    if (!(await isSameDefinition(one.expected, one.found))) drift.push(one)
  }
  return drift.sort((a, b) => (a.object < b.object ? -1 : 1))
}

const isSameDefinition = async (a: string | null, b: string | null): Promise<boolean> =>
  a === b ||
  (a !== null && b !== null && (await normalizeDefinition(a)) === (await normalizeDefinition(b)))
