import { rewriteFunction, type Defence } from '@rowhouse/tenancy/testing'
import { declarationsOf } from '@rowhouse/tenancy/schema'
import * as tenantSchema from '#db/schema/tenant'

const isolation = ['db/isolation/tables.test.ts']
const entries = ['db/accounts/entries.test.ts']
const actions = ['app/_actions/action.test.ts']
const members = ['db/accounts/members.test.ts']
const accounts = ['db/accounts/sign-up.test.ts']
const headers = ['app/_http/response-headers.test.ts']
const conditions = ['db/product/tenant-conditions.test.ts']
const signingIn = ['db/accounts/sign-in.test.ts']
const tables = declarationsOf([tenantSchema]).tenant.map(({ name }) => name)
const alterPolicy = (policy: string, table: string, clause: string) =>
  `alter policy ${policy} on shared.${table} ${clause};`

/** Every defence of the template, and the tests that must fail without it. */
export const defences: readonly Defence[] = [
  ...tables.flatMap((table): Defence[] => [
    {
      name: `the restrictive policy of ${table}`,
      quick: table === 'orders',
      tests: isolation,
      sql: `drop policy tenant_only on shared.${table};`,
    },
    {
      name: `the permissive policy of ${table}`,
      tests: isolation,
      sql: `drop policy tenant on shared.${table};`,
    },
    {
      name: `with check on ${table}`,
      quick: table === 'customers',
      tests: isolation,
      sql:
        alterPolicy('tenant', table, 'with check (true)') +
        alterPolicy('tenant_only', table, 'with check (true)'),
    },
    {
      name: `using on ${table}`,
      tests: isolation,
      sql:
        alterPolicy('tenant', table, 'using (true)') +
        alterPolicy('tenant_only', table, 'using (true)'),
    },
    {
      name: `force on ${table}`,
      tests: isolation,
      sql: `alter table shared.${table} no force row level security;`,
    },
    {
      name: `row-level security on ${table}`,
      tests: isolation,
      sql: `alter table shared.${table} disable row level security;`,
    },
  ]),
  {
    name: 'that orders has no second permissive policy',
    tests: isolation,
    sql: 'create policy loose on shared.orders using (true);',
  },
  {
    name: 'the membership check',
    quick: true,
    tests: ['db/isolation/tables.test.ts'],
    sql: rewriteFunction(
      'tenancy.check_session(bytea,uuid)',
      'if role is null then',
      `role := coalesce(role, 'member'); if role is null then`,
    ),
  },
  {
    name: 'the expiry of sessions',
    tests: entries,
    sql: rewriteFunction(
      'tenancy.check_session(bytea,uuid)',
      's.expires_at > clock_timestamp()',
      'true',
    ),
  },
  {
    name: 'the suspension check of sessions',
    tests: entries,
    sql: rewriteFunction(
      'tenancy.check_session(bytea,uuid)',
      'if tenancy.is_suspended(p_tenant) then',
      'if false then',
    ),
  },
  {
    name: 'that viewers cannot write',
    tests: isolation,
    sql: rewriteFunction('tenancy.check_session(bytea,uuid)', `m.role <> 'viewer'`, 'true'),
  },
  {
    name: 'that a key works for its own tenant only',
    tests: members,
    sql: rewriteFunction('tenancy.check_key(bytea,uuid)', 'and k.tenant_id = p_tenant', ''),
  },
  {
    name: 'the scope of keys and the role of their member',
    tests: members,
    sql: rewriteFunction(
      'tenancy.check_key(bytea,uuid)',
      `k.scope = 'write' and m.role <> 'viewer'`,
      'true',
    ),
  },
  {
    name: 'that a key ends with its membership',
    tests: members,
    sql:
      rewriteFunction(
        'tenancy.check_key(bytea,uuid)',
        'if role is null then',
        `role := coalesce(role, 'member'); if role is null then`,
      ) + 'alter table platform.api_keys drop constraint api_keys_member_fk;',
  },
  {
    name: 'the expiry of keys',
    tests: members,
    sql: rewriteFunction(
      'tenancy.check_key(bytea,uuid)',
      '(k.expires_at is null or k.expires_at > clock_timestamp())',
      'true',
    ),
  },
  {
    name: 'that keys of a banned member are refused',
    tests: members,
    sql: rewriteFunction(
      'tenancy.check_key(bytea,uuid)',
      'and not exists (select from platform.bans as b where b.user_id = k.user_id)',
      '',
    ),
  },
  {
    name: 'that keys of a suspended tenant are refused',
    tests: members,
    sql: rewriteFunction(
      'tenancy.check_key(bytea,uuid)',
      'if tenancy.is_suspended(p_tenant) then',
      'if false then',
    ),
  },
  {
    name: 'that an invitation works for its address only',
    tests: members,
    file: 'db/accounts/invitations.ts',
    find: 'if (used.email !== user.email)',
    put: 'if (false)',
  },
  {
    name: 'that an invitation works once',
    tests: members,
    file: 'db/accounts/invitations.ts',
    find: 'const [used] = await tx.delete(invitations).where(isValid(token)).returning()',
    put: 'const [used] = await tx.select().from(invitations).where(isValid(token))',
  },
  {
    name: 'that the last owner cannot be removed',
    tests: members,
    file: 'db/accounts/members.ts',
    find: `if (target.role === 'owner' && owners === 1 && !staysOwned)`,
    put: 'if (false)',
  },
  {
    name: 'that a link works once',
    tests: ['db/accounts/sign-up.test.ts'],
    file: 'db/accounts/links.ts',
    find: 'const [used] = await db.delete(links).where(isValid(kind, token)).returning({ email: links.email, detail: links.detail })',
    put: 'const [used] = await db.select({ email: links.email, detail: links.detail }).from(links).where(isValid(kind, token))',
  },
  {
    name: 'that a password reset ends sessions',
    tests: ['db/accounts/sign-up.test.ts'],
    file: 'db/accounts/password-change.ts',
    find: 'await tx.delete(sessions).where(eq(sessions.userId, user.id))',
    put: '',
  },
  {
    name: 'that a weak password is refused',
    tests: ['db/accounts/sign-up.test.ts'],
    file: 'db/accounts/passwords.ts',
    find: 'if (weakness)',
    put: 'if (false)',
  },
  {
    name: 'the delay after failed attempts',
    tests: signingIn,
    file: 'db/accounts/throttle.ts',
    find: 'if (!counted) throw',
    put: 'if (false) throw',
  },
  {
    name: 'that an unknown account takes as long as a known one',
    tests: signingIn,
    file: 'db/accounts/passwords.ts',
    find: 'decoy ??=',
    put: 'if (stored === null) return false\n  decoy ??=',
  },
  {
    name: 'that a code works once',
    tests: signingIn,
    file: 'db/accounts/second-factor.ts',
    find: ', lt(secondFactors.lastStep, step)',
    put: '',
  },
  {
    name: 'that strangers cannot lock the owner out',
    tests: signingIn,
    file: 'db/accounts/sign-in.ts',
    find: 'if (!known) await countAttempt(perAccount, email)',
    put: 'await countAttempt(perAccount, email)',
  },
  {
    name: 'the signature of an export link',
    tests: ['app/api/exports/[id]/route.test.ts'],
    file: 'db/accounts/export-link.ts',
    find: 'return expected.length === actual.length && timingSafeEqual(expected, actual)',
    put: 'return true',
  },
  {
    name: 'that a form is submitted for its own tenant',
    quick: true,
    tests: actions,
    file: 'app/_actions/action.ts',
    find: 'if (raw._tenant !== tenant.id)',
    put: 'if (false)',
  },
  {
    name: 'the permission check of actions',
    quick: true,
    tests: actions,
    file: 'app/_actions/action.ts',
    find: 'if (!may(tenant.role, permission))',
    put: 'if (false)',
  },
  {
    name: 'the operator check of operator actions',
    quick: true,
    tests: actions,
    file: 'app/_actions/action.ts',
    find: 'if (!session?.user.operator) notFound()',
    put: 'if (!session) notFound()',
  },
  {
    name: 'the second factor of operators',
    tests: actions,
    file: 'db/accounts/second-factor.ts',
    find: 'return required && !(await isOn(userId))',
    put: 'return false',
  },
  {
    name: 'that a tenant action runs as its caller',
    tests: actions,
    file: 'app/_actions/action.ts',
    find: 'return withTenant(callerOf({ ...session, tenant })',
    put: `return withTenant({ kind: 'service', tenantId: tenant.id, reason: 'x' }`,
  },
  {
    name: 'that a page queries as its caller',
    quick: true,
    tests: actions,
    file: 'app/_session/tenant-db.ts',
    find: 'await withTenant(caller, work)',
    put: `await withTenant({ kind: 'service', tenantId: caller.tenantId, reason: 'x' }, work)`,
  },
  {
    name: 'that sessions of banned users are refused',
    tests: entries,
    sql: rewriteFunction(
      'tenancy.check_session(bytea,uuid)',
      'and not exists (select from platform.bans as b where b.user_id = s.user_id)',
      '',
    ),
  },
  {
    name: 'the expiry of links',
    tests: accounts,
    file: 'db/accounts/links.ts',
    find: 'gt(links.expiresAt, sql`clock_timestamp()`),',
    put: '',
  },
  {
    name: 'the kind of links',
    tests: accounts,
    file: 'db/accounts/links.ts',
    find: 'eq(links.kind, kind), eq(links.tokenHash',
    put: 'eq(links.tokenHash',
  },
  {
    name: 'the expiry of a session that is read',
    tests: accounts,
    file: 'db/accounts/sessions.ts',
    find: 'gt(sessions.expiresAt, sql`clock_timestamp()`), notExists(',
    put: 'notExists(',
  },
  {
    name: 'that the session of a banned user is not read',
    tests: accounts,
    file: 'db/accounts/sessions.ts',
    find: '.where(eq(bans.userId, sessions.userId))',
    put: '.where(sql`false`)',
  },
  {
    name: 'the expiry of a session that switches tenants',
    tests: accounts,
    file: 'db/accounts/sessions.ts',
    find: 'gt(sessions.expiresAt, sql`clock_timestamp()`), inArray(',
    put: 'inArray(',
  },
  {
    name: 'that a session switches only to tenants of its user',
    tests: accounts,
    file: 'db/accounts/sessions.ts',
    find: 'inArray(sessions.userId, allowed),',
    put: '',
  },
  {
    name: 'that users end only their own sessions',
    tests: accounts,
    file: 'db/accounts/sessions.ts',
    find: 'and(eq(sessions.userId, userId), eq(sessions.id, sessionId))',
    put: 'eq(sessions.id, sessionId)',
  },
  {
    name: 'that a tenant revokes only its own keys',
    tests: members,
    file: 'db/accounts/api-keys.ts',
    find: 'and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, id))',
    put: 'eq(apiKeys.id, id)',
  },
  {
    name: 'the lock on the owners of a tenant',
    tests: members,
    file: 'db/accounts/members.ts',
    find: ".orderBy(asc(members.userId)).for('update')",
    put: '.orderBy(asc(members.userId))',
  },
  {
    name: 'the count of sign-in attempts from an address',
    tests: signingIn,
    file: 'db/accounts/sign-in.ts',
    find: 'if (address) await countAttempt(perAddress, address)',
    put: '',
  },
  {
    name: 'that clients cannot forge their address',
    tests: ['app/_http/client-ip.unit.test.ts'],
    file: 'app/_http/client-ip.ts',
    find: 'hops.at(-proxies)',
    put: 'hops.at(0)',
  },
  {
    name: 'that an origin is compared as a whole',
    tests: ['app/_http/same-origin.unit.test.ts'],
    file: 'app/_http/same-origin.ts',
    find: 'url.origin === new URL(env().APP_URL).origin',
    put: 'url.origin.endsWith(new URL(env().APP_URL).host)',
  },
  {
    name: 'that actions are counted',
    tests: actions,
    file: 'app/_actions/action.ts',
    find: 'await spendRequest(tenancy(), tenant.id)',
    put: '',
  },
  {
    name: 'that API calls are counted',
    tests: ['app/_http/api-key-route.test.ts'],
    file: 'app/_http/api-key-route.ts',
    find: 'remaining = await countCall(tenancy(), key)',
    put: 'remaining = undefined',
  },
  {
    name: 'that inline styles need a nonce',
    tests: headers,
    file: 'proxy.ts',
    find: "`'nonce-${nonce}'`",
    put: "`'unsafe-inline'`",
  },
  {
    name: 'that inline scripts need a nonce',
    tests: headers,
    file: 'proxy.ts',
    find: "'nonce-${nonce}' 'strict-dynamic'",
    put: "'unsafe-inline'",
  },
  {
    name: 'that no site frames a page',
    tests: headers,
    file: 'proxy.ts',
    find: `"frame-ancestors 'none'",`,
    put: '',
  },
  {
    name: 'that pages are not stored',
    tests: headers,
    file: 'proxy.ts',
    find: "response.headers.set('cache-control', 'private, no-store')",
    put: '',
  },
  {
    name: 'the tenant of an order that is locked',
    tests: conditions,
    file: 'db/product/orders.ts',
    find: '.where(and(eq(orders.tenantId, tx.tenantId), eq(orders.id, id))).for(',
    put: '.where(eq(orders.id, id)).for(',
  },
  {
    name: 'the tenant of orders that are changed together',
    tests: conditions,
    file: 'db/product/orders.ts',
    find: 'and(eq(orders.tenantId, tx.tenantId), inArray(orders.id, ids))).orderBy(',
    put: 'inArray(orders.id, ids)).orderBy(',
  },
  {
    name: 'that an ended session uses up no requests',
    tests: ['app/_session/page-rate-limit.test.ts'],
    file: 'app/_session/session.ts',
    find: 'if (!info?.tenant) await forgetSessionCookie()',
    put: '',
  },
  {
    name: 'how many requests a cookie uses up before its session is read again',
    tests: ['app/_session/page-rate-limit.test.ts'],
    file: 'packages/tenancy/src/admission/request-rate.ts',
    find: 'if (!session || session.counted >= maxCounted) return false',
    put: 'if (!session) return false',
  },
  {
    name: 'that an expired key uses up no calls',
    tests: ['app/_http/api-key-route.test.ts'],
    file: 'db/accounts/api-keys.ts',
    find: `or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql\`now()\`)),`,
    put: '',
  },
  {
    name: 'that an invitation needs the power of whoever sent it',
    tests: members,
    file: 'db/accounts/invitations.ts',
    find: 'mayInvite(members.role),',
    put: '',
  },
  {
    name: 'that an invitation of a banned member ends',
    tests: members,
    file: 'db/accounts/invitations.ts',
    find: 'notExists(platform().select().from(bans).where(eq(bans.userId, invitations.invitedBy))),',
    put: '',
  },
]
