import { desc, eq, isNull, and, sql } from 'drizzle-orm'
import { commandLine, createTenant, resume, suspend } from '@rowhouse/tenancy/admin'
import type { CommandResult, RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage'
import { rotateLogin } from '@rowhouse/tenancy/data'
import { connectionString, placementOf, bySlug } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'
import { members, users } from '#db/schema/platform'
import { placements, servers, suspensions, tenants } from '@rowhouse/tenancy/schema'
import { defaultTier, tierNames, type Tier } from '#db/tiers'
import * as people from '#db/accounts/users'

type Verb = 'list' | 'show' | 'create' | 'suspend' | 'resume' | 'rotate' | 'url'
type CommandInput = Parameters<RunCommand>[0]

const verbs: Record<Verb, (given: CommandInput) => Promise<CommandResult>> = {
  list,
  show,
  create,
  suspend: suspendOne,
  resume: resumeOne,
  rotate,
  url,
}

/** One loader for all verbs of `tenant`. */
export const tenantCommand = (verb: Verb) => async () => ({ run: verbs[verb] })

async function list(): Promise<CommandResult> {
  const rows = await platform()
    .select({
      slug: tenants.slug,
      name: tenants.name,
      tier: tenants.tier,
      kind: placements.kind,
      epoch: placements.epoch,
      server: servers.name,
      suspended: sql<boolean>`${suspensions.id} is not null`,
    })
    .from(tenants)
    .innerJoin(placements, eq(placements.tenantId, tenants.id))
    .leftJoin(servers, eq(servers.id, placements.serverId))
    .leftJoin(suspensions, and(eq(suspensions.tenantId, tenants.id), isNull(suspensions.liftedAt)))
    .orderBy(tenants.slug)
  const text = table(
    ['slug', 'name', 'tier', 'placement', 'server', 'epoch', 'state'],
    rows.map((row) => [
      row.slug,
      row.name,
      row.tier,
      row.kind,
      row.server ?? 'main',
      row.epoch,
      row.suspended ? 'suspended' : 'active',
    ]),
  )
  return { text, json: { tenants: rows } }
}

async function show(given: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(given))
  const { password: _, server, ...placement } = await placementOf(tenancy(), tenant.id)
  const staff = await platform()
    .select({ email: users.email, name: users.name, role: members.role })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.tenantId, tenant.id))
    .orderBy(members.role, users.email)
  const held = await platform()
    .select()
    .from(suspensions)
    .where(eq(suspensions.tenantId, tenant.id))
    .orderBy(desc(suspensions.at))
  const where = { ...placement, server: server ? `${server.host}:${server.port}` : 'main' }
  const facts = {
    ...tenant,
    suspended: held.some(({ liftedAt }) => liftedAt === null),
    placement: where,
    members: staff,
  }
  const lines = [
    ['id', tenant.id],
    ['name', tenant.name],
    ['tier', tenant.tier],
    ['state', facts.suspended ? `suspended: ${held[0]?.reason}` : 'active'],
    [
      'placement',
      `${where.kind}, schema ${where.schema}, database ${where.database ?? 'main'}, server ${where.server}, login ${where.login ?? 'rowhouse_tenant'}, epoch ${where.epoch}`,
    ],
    ...staff.map(({ email, role }) => ['member', `${email} (${role})`]),
  ]
  return {
    text: lines.map(([name = '', value]) => `${name.padEnd(10)} ${value}`).join('\n'),
    json: facts,
  }
}

async function create(given: CommandInput): Promise<CommandResult> {
  const slug = slugOf(given)
  const { owner, tier = defaultTier, name = slug } = given.values
  const databaseUrl = given.values['database-url']
  if (typeof owner !== 'string') throw new UsageError('say who owns the tenant: --owner EMAIL')
  if (!isTier(tier)) throw new UsageError(`the tier is one of ${tierNames.join(', ')}, not ${tier}`)
  const db = platform()
  const email = people.normalizeEmail(owner)
  const user =
    (await people.byEmail(db, email)) ??
    (await people.create(db, { email, name: email.split('@')[0] ?? email }))
  const tenant = await createTenant(
    tenancy(),
    { slug, name: String(name), tier, ownerId: user.id },
    typeof databaseUrl === 'string' ? databaseUrl : undefined,
  )
  const note = user.passwordHash
    ? ''
    : `\n${email} has no password yet and can set one with "forgot password" on the sign-in page`
  return { text: `tenant ${slug} is ready (${tier})${note}`, json: { id: tenant.id, slug, tier } }
}

async function suspendOne(given: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(given))
  await suspend(tenancy(), {
    tenantId: tenant.id,
    slug: tenant.slug,
    actor: commandLine(),
    reason: reasonOf(given),
  })
  return {
    text: `tenant ${tenant.slug} is suspended from its next transaction on`,
    json: { slug: tenant.slug, suspended: true },
  }
}

async function resumeOne(given: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(given))
  await resume(tenancy(), {
    tenantId: tenant.id,
    slug: tenant.slug,
    actor: commandLine(),
    reason: reasonOf(given),
  })
  return {
    text: `tenant ${tenant.slug} is let in again`,
    json: { slug: tenant.slug, suspended: false },
  }
}

async function rotate(given: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(given))
  const { login } = await rotateLogin(tenancy(), {
    tenantId: tenant.id,
    slug: tenant.slug,
    actor: commandLine(),
    reason: reasonOf(given),
  })
  return {
    text: `${login} has another password, and its sessions are ended; give \`tenant url ${tenant.slug}\` to whoever used the old one`,
    json: { slug: tenant.slug, login },
  }
}

async function url(given: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(given))
  const placement = await placementOf(tenancy(), tenant.id)
  if (!placement.login)
    throw new UsageError(
      `tenant ${tenant.slug} shares its login with others and has no URL of its own; move it to business or enterprise first`,
    )
  const made = given.values['read-only']
    ? readOnly(connectionString(tenancy(), placement))
    : connectionString(tenancy(), placement)
  return { text: made, json: { slug: tenant.slug, url: made } }
}

/**
 * For reporting tools: in read-only transactions a tenant's own login sees its rows without passing
 * the door.
 */
const readOnly = (made: string) =>
  made.replace('options=', 'options=-c%20default_transaction_read_only%3Don%20')

function slugOf({ positionals: [slug, ...rest] }: CommandInput): string {
  if (!slug || rest.length > 0) throw new UsageError('name one tenant by its slug')
  return slug
}

function reasonOf({ values: { reason } }: CommandInput): string {
  if (typeof reason !== 'string' || !reason.trim()) throw new UsageError('say why: --reason TEXT')
  return reason.trim()
}

const isTier = (value: unknown): value is Tier => tierNames.some((tier) => tier === value)
