import { sql } from 'drizzle-orm'
import {
  check,
  customType,
  index,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { controlPlaneTable, tenants } from '@rowhouse/tenancy/schema'

export const platform = pgSchema('platform')

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const now = sql`now()`

export const roles = ['owner', 'admin', 'member', 'viewer'] as const
export type Role = (typeof roles)[number]

const oneOf = (values: readonly string[]) => sql.raw(`(${values.map((v) => `'${v}'`).join(', ')})`)

/** A person who can sign in. `email` is normalised (trimmed, NFKC, lower case). */
export const users = platform.table(
  'users',
  {
    id: uuid().primaryKey(),
    email: text().notNull(),
    name: text().notNull(),
    passwordHash: text('password_hash'),
    emailVerifiedAt: at('email_verified_at'),
    lastTenantId: uuid('last_tenant_id'),
    createdAt: at('created_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('users_email').on(t.email),
    check(
      'users_email_normal',
      sql`${t.email} = lower(btrim(${t.email})) and length(${t.email}) <= 254`,
    ),
  ],
)
controlPlaneTable(users, {
  tenant: 'lastTenantId',
  export: 'members.ndjson',
  restore: 'transfer',
  erase: 'person',
  personal: ['email', 'name', 'passwordHash'],
})

/** Banned users. They cannot sign in, and their sessions are invalid while the row exists. */
export const bans = platform.table('bans', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  at: at('at').notNull().default(now),
  by: text('by').notNull(),
  reason: text().notNull(),
})
controlPlaneTable(bans, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: ['by', 'reason'],
})

/** Users who operate the product. Operators are not members of tenants by virtue of that. */
export const operators = platform.table('operators', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  addedAt: at('added_at').notNull().default(now),
  addedBy: text('added_by').notNull(),
})
controlPlaneTable(operators, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: ['addedBy'],
})

export const members = platform.table(
  'members',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text({ enum: roles }).notNull(),
    joinedAt: at('joined_at').notNull().default(now),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId] }),
    index('members_user').on(t.userId),
    check('members_role', sql`${t.role} in ${oneOf(roles)}`),
  ],
)
controlPlaneTable(members, {
  tenant: 'tenantId',
  export: 'members.ndjson',
  restore: 'transfer',
  erase: 'delete',
  personal: [],
})

/** A signed-in browser. Only the SHA-256 hash of its secret is stored. */
export const sessions = platform.table(
  'sessions',
  {
    id: uuid().primaryKey(),
    tokenHash: bytea('token_hash').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    tenantId: uuid('tenant_id').references(() => tenants.id, { onDelete: 'set null' }),
    device: text().notNull().default(''),
    address: text().notNull().default(''),
    createdAt: at('created_at').notNull().default(now),
    usedAt: at('used_at').notNull().default(now),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [uniqueIndex('sessions_token').on(t.tokenHash), index('sessions_user').on(t.userId)],
)
controlPlaneTable(sessions, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'set null',
  personal: ['device', 'address'],
})
