import { desc, eq, isNull, and, sql } from 'drizzle-orm'
import { commandLine, createTenant, resume, suspend } from '@rowhouse/tenancy/admin'
import type { CommandInput, CommandResult, TenantVerb } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage-error'
import { rotateLogin } from '@rowhouse/tenancy/data'
import { connectionString, placementOf, bySlug } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'
import { members, users } from '#db/schema/platform'
import { placements, servers, suspensions, tenants } from '@rowhouse/tenancy/schema'
import { defaultTier, tierNames, type Tier } from '#db/tiers'
import * as people from '#db/accounts/users'

const verbs: Record<TenantVerb, (input: CommandInput) => Promise<CommandResult>> = {
  list,
  show,
  create,
  suspend: suspendOne,
  resume: resumeOne,
  rotate,
  url,
}

/** Loads a `tenant` command. */
export const tenantCommand = (verb: TenantVerb) => async () => ({ run: verbs[verb] })

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

async function show(input: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(input))
  const { password: _, server, ...placement } = await placementOf(tenancy(), tenant.id)
  const memberList = await platform()
    .select({ email: users.email, name: users.name, role: members.role })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.tenantId, tenant.id))
    .orderBy(members.role, users.email)
  const suspensionList = await platform()
    .select()
    .from(suspensions)
    .where(eq(suspensions.tenantId, tenant.id))
    .orderBy(desc(suspensions.at))
  const where = { ...placement, server: server ? `${server.host}:${server.port}` : 'main' }
  const facts = {
    ...tenant,
    suspended: suspensionList.some(({ liftedAt }) => liftedAt === null),
    placement: where,
    members: memberList,
  }
  const lines = [
    ['id', tenant.id],
    ['name', tenant.name],
    ['tier', tenant.tier],
    ['state', facts.suspended ? `suspended: ${suspensionList[0]?.reason}` : 'active'],
    [
      'placement',
      `${where.kind}, schema ${where.schema}, database ${where.database ?? 'main'}, server ${where.server}, login ${where.login ?? 'rowhouse_tenant'}, epoch ${where.epoch}`,
    ],
    ...memberList.map(({ email, role }) => ['member', `${email} (${role})`]),
  ]
  return {
    text: lines.map(([name = '', value]) => `${name.padEnd(10)} ${value}`).join('\n'),
    json: facts,
  }
}

async function create(input: CommandInput): Promise<CommandResult> {
  const slug = slugOf(input)
  const { owner, tier = defaultTier, name = slug } = input.values
  const databaseUrl = input.values['database-url']
  if (typeof owner !== 'string') throw new UsageError('give the owner: --owner EMAIL')
  if (!isTier(tier))
    throw new UsageError(`--tier takes one of ${tierNames.join(', ')}, not ${tier}`)
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
  const hint = user.passwordHash
    ? ''
    : `\n${email} has no password yet and can set one with "forgot password" on the sign-in page`
  return { text: `tenant ${slug} is ready (${tier})${hint}`, json: { id: tenant.id, slug, tier } }
}

async function suspendOne(input: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(input))
  await suspend(tenancy(), {
    tenantId: tenant.id,
    slug: tenant.slug,
    actor: commandLine(),
    reason: reasonOf(input),
  })
  return {
    text: `tenant ${tenant.slug} is suspended; its next transaction is refused`,
    json: { slug: tenant.slug, suspended: true },
  }
}

async function resumeOne(input: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(input))
  await resume(tenancy(), {
    tenantId: tenant.id,
    slug: tenant.slug,
    actor: commandLine(),
    reason: reasonOf(input),
  })
  return {
    text: `tenant ${tenant.slug} is no longer suspended`,
    json: { slug: tenant.slug, suspended: false },
  }
}

async function rotate(input: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(input))
  const { login } = await rotateLogin(tenancy(), {
    tenantId: tenant.id,
    slug: tenant.slug,
    actor: commandLine(),
    reason: reasonOf(input),
  })
  return {
    text: `${login} has a new password, and its sessions were ended; \`tenant url ${tenant.slug}\` prints the URL to hand out`,
    json: { slug: tenant.slug, login },
  }
}

async function url(input: CommandInput): Promise<CommandResult> {
  const tenant = await bySlug(platform(), slugOf(input))
  const placement = await placementOf(tenancy(), tenant.id)
  if (!placement.login)
    throw new UsageError(
      `tenant ${tenant.slug} is in shared tables and has no URL of its own; move it to a schema or database first`,
    )
  const made = input.values['read-only']
    ? readOnly(connectionString(tenancy(), placement))
    : connectionString(tenancy(), placement)
  return { text: made, json: { slug: tenant.slug, url: made } }
}

/**
 * For reporting tools: in a read-only transaction, a dedicated role sees its rows without a tenant
 * transaction.
 */
function readOnly(made: string): string {
  const changed = new URL(made)
  const options = [changed.searchParams.get('options'), '-c default_transaction_read_only=on']
  changed.searchParams.set('options', options.filter(Boolean).join(' '))
  changed.search = changed.search.replaceAll('+', '%20') // libpq does not decode a plus as a space
  return changed.toString()
}

function slugOf({ positionals: [slug, ...rest] }: CommandInput): string {
  if (!slug || rest.length > 0) throw new UsageError('give the slug of one tenant')
  return slug
}

function reasonOf({ values: { reason } }: CommandInput): string {
  if (typeof reason !== 'string' || !reason.trim())
    throw new UsageError('give a reason: --reason TEXT')
  return reason.trim()
}

const isTier = (value: unknown): value is Tier => tierNames.some((tier) => tier === value)
