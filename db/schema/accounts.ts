import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { members, platform, roles, users } from '#db/schema/platform'
import { controlPlaneTable, tenants } from '@rowhouse/tenancy/schema'

// Sign-in, invitations, API keys and email. Secrets are stored as a SHA-256 hash or encrypted.

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const now = sql`now()`
const oneOf = (values: readonly string[]) =>
  sql.raw(`(${values.map((value) => `'${value}'`).join(', ')})`)
const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })
const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' })

export const linkKinds = ['sign-up', 'reset', 'old address', 'new address'] as const
export const keyScopes = ['read', 'write'] as const
export type LinkKind = (typeof linkKinds)[number]
export type KeyScope = (typeof keyScopes)[number]

/** A single-use link in an email: using it deletes the row. */
export const links = platform.table(
  'links',
  {
    id: uuid().primaryKey(),
    kind: text({ enum: linkKinds }).notNull(),
    tokenHash: bytea('token_hash').notNull(),
    email: text().notNull(),
    detail: jsonb().$type<Record<string, string>>().notNull().default({}),
    createdAt: at('created_at').notNull().default(now),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [
    uniqueIndex('links_token').on(t.tokenHash),
    index('links_email').on(t.email, t.kind),
    check('links_kind', sql`${t.kind} in ${oneOf(linkKinds)}`),
  ],
)
controlPlaneTable(links, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'by email',
  personal: ['email', 'detail'],
  email: 'email',
})

/** A requested change of email address. It takes effect when both addresses have confirmed it. */
export const emailChanges = platform.table('email_changes', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  email: text().notNull(),
  oldConfirmedAt: at('old_confirmed_at'),
  newConfirmedAt: at('new_confirmed_at'),
  expiresAt: at('expires_at').notNull(),
})
controlPlaneTable(emailChanges, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: ['email'],
  email: 'email',
})

/**
 * Counted attempts of one kind on one subject, such as an account or a network address. `key` is a
 * hash of both; no attempt is allowed before `until`.
 */
export const attempts = platform.table('attempts', {
  key: bytea().primaryKey(),
  failures: integer().notNull(),
  at: at('at').notNull().default(now),
  until: at('until').notNull(),
})
controlPlaneTable(attempts, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'keep',
  personal: [],
})

/**
 * A browser that a user has signed in with. Failed attempts of others do not delay its sign-ins.
 */
export const devices = platform.table(
  'devices',
  {
    tokenHash: bytea('token_hash').primaryKey(),
    userId: userId(),
    usedAt: at('used_at').notNull().default(now),
  },
  (t) => [index('devices_user').on(t.userId)],
)
controlPlaneTable(devices, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: [],
})

/**
 * Time-based codes (RFC 6238) as a second factor, active once `confirmedAt` is set. `lastStep` is
 * the time step of the last used code; codes up to it are refused.
 */
export const secondFactors = platform.table('second_factors', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  encryptedSecret: text('encrypted_secret').notNull(),
  confirmedAt: at('confirmed_at'),
  lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
})
controlPlaneTable(secondFactors, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: [],
  encrypted: [{ column: 'encryptedSecret', context: ({ userId }) => `second factor ${userId}` }],
})

export const recoveryCodes = platform.table(
  'recovery_codes',
  {
    userId: userId(),
    codeHash: bytea('code_hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.codeHash] })],
)
controlPlaneTable(recoveryCodes, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: [],
})

/**
 * An account at an OAuth provider (GitHub, Google, an OIDC issuer) with which a user can sign in.
 */
export const identities = platform.table(
  'identities',
  {
    provider: text().notNull(),
    subject: text().notNull(),
    userId: userId(),
    linkedAt: at('linked_at').notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.provider, t.subject] }), index('identities_user').on(t.userId)],
)
controlPlaneTable(identities, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: ['subject'],
})

/** An open invitation. Accepting or revoking it deletes the row. */
export const invitations = platform.table(
  'invitations',
  {
    id: uuid().primaryKey(),
    tenantId: tenantId(),
    email: text().notNull(),
    role: text({ enum: roles }).notNull(),
    tokenHash: bytea('token_hash').notNull(),
    invitedBy: uuid('invited_by').references(() => users.id, { onDelete: 'set null' }),
    sentAt: at('sent_at').notNull().default(now),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [
    uniqueIndex('invitations_token').on(t.tokenHash),
    uniqueIndex('invitations_email').on(t.tenantId, t.email),
    check('invitations_role', sql`${t.role} in ${oneOf(roles)}`),
  ],
)
controlPlaneTable(invitations, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: ['email'],
  email: 'email',
})

/** An API key. It has at most its member's rights, and is deleted with the member. */
export const apiKeys = platform.table(
  'api_keys',
  {
    id: uuid().primaryKey(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    name: text().notNull(),
    scope: text({ enum: keyScopes }).notNull(),
    hint: text().notNull(),
    keyHash: bytea('key_hash').notNull(),
    createdAt: at('created_at').notNull().default(now),
    usedAt: at('used_at'),
    expiresAt: at('expires_at'),
  },
  (t) => [
    uniqueIndex('api_keys_hash').on(t.keyHash),
    index('api_keys_member').on(t.tenantId, t.userId),
    foreignKey({
      name: 'api_keys_member_fk',
      columns: [t.tenantId, t.userId],
      foreignColumns: [members.tenantId, members.userId],
    }).onDelete('cascade'),
    check('api_keys_scope', sql`${t.scope} in ${oneOf(keyScopes)}`),
  ],
)
controlPlaneTable(apiKeys, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: ['name'],
})

/**
 * The email outbox. A row is inserted in the transaction of the change that it reports; a background
 * task sends it. `encrypted` holds subject, text and HTML, and is null once the email is sent.
 */
export const emails = platform.table(
  'emails',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').references(() => tenants.id, { onDelete: 'cascade' }),
    recipient: text().notNull(),
    kind: text().notNull(),
    encrypted: text(),
    createdAt: at('created_at').notNull().default(now),
    nextAttemptAt: at('next_attempt_at').notNull().default(now),
    attempts: integer().notNull().default(0),
    sentAt: at('sent_at'),
    lastError: text('last_error'),
  },
  (t) => [
    index('emails_due')
      .on(t.nextAttemptAt)
      .where(sql`sent_at is null`),
  ],
)
controlPlaneTable(emails, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: ['recipient', 'encrypted'],
  email: 'recipient',
  encrypted: [{ column: 'encrypted', context: ({ id }) => `email ${id}` }],
})
