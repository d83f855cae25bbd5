import { ages } from '#db/schema/tenant'

/**
 * One defence and how it is taken away: by SQL, run as the administrator in the database that every
 * test file is copied from, or by a change of source text while the tests load it. `alone`: it
 * touches a role, which all databases share. `quick`: part of CI.
 */
export type Defence = { name: string; tests: string[]; quick?: boolean; alone?: boolean } & (
  { sql: string } | { file: string; find: string; put: string }
)

const isolation = ['db/isolation/tables.test.ts', 'db/doctor/doctor.test.ts']
const door = ['db/isolation/connection.test.ts']
const attacks = ['db/isolation/attacks.test.ts']
const actions = ['app/action.test.ts']
const people = ['db/accounts/members.test.ts']
const signingIn = ['db/accounts/sign-in.test.ts']
const leaving = ['db/export/exports.test.ts']
const forged = ['db/import/refusals.test.ts']
const moving = ['db/move/copying.test.ts']
const both = ['db/move/directions.test.ts']
const ageing = ['db/retention/retention.test.ts']
const tables = Object.keys(ages)
const open = (policy: string, table: string, part: string) =>
  `alter policy ${policy} on shared.${table} ${part};`

/**
 * A function of the tenancy schema with one piece of its body replaced. Fails when the piece is not
 * there.
 */
const rewrite = (signature: string, find: string, put: string) => `
do $sabotage$
declare
  body constant text := pg_get_functiondef('${signature}'::regprocedure);
begin
  if position($piece$${find}$piece$ in body) = 0 then raise exception 'this piece is not in ${signature}'; end if;
  execute replace(body, $piece$${find}$piece$, $piece$${put}$piece$);
end
$sabotage$;`

export const defences: Defence[] = [
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
        open('tenant', table, 'with check (true)') +
        open('tenant_only', table, 'with check (true)'),
    },
    {
      name: `using on ${table}`,
      quick: table === 'products',
      tests: isolation,
      sql: open('tenant', table, 'using (true)') + open('tenant_only', table, 'using (true)'),
    },
    {
      name: `force on ${table}`,
      quick: table === 'activity',
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
    name: 'that no second permissive policy opens orders',
    tests: isolation,
    sql: 'create policy loose on shared.orders using (true);',
  },
  {
    name: 'that private schemas have policies',
    quick: true,
    tests: isolation,
    sql: rewrite(
      'tenancy.protect(text,text)',
      `create policy tenant_only on %I.%I as restrictive for all to public using (tenant_id = (select tenancy.tenant())) with check (tenant_id = (select tenancy.tenant()))`,
      'create policy tenant_only on %I.%I as restrictive for all to public using (true)',
    ),
  },
  {
    name: 'that private schemas force row-level security',
    tests: isolation,
    sql: rewrite(
      'tenancy.protect(text,text)',
      'enable row level security, force row level security',
      'enable row level security',
    ),
  },
  {
    name: 'the signature of the seal',
    quick: true,
    tests: attacks,
    sql: rewrite(
      'tenancy.tenant()',
      'if sha256(convert_to(part[5]',
      'if false and sha256(convert_to(part[5]',
    ),
  },
  {
    name: 'the binding of the seal to process and transaction',
    quick: true,
    tests: attacks,
    sql: rewrite(
      'tenancy.tenant()',
      'if part[2] <> pg_backend_pid()::text or part[3] <> extract(epoch from transaction_timestamp())::text then',
      'if false then',
    ),
  },
  { name: 'that the key is secret', tests: attacks, sql: 'grant select on tenancy.key to public;' },
  {
    name: 'that nobody else signs',
    tests: attacks,
    sql: 'grant execute on all functions in schema tenancy to public;',
  },
  {
    name: 'the membership check',
    quick: true,
    tests: ['db/isolation/tables.test.ts'],
    sql: rewrite(
      'tenancy.check_session(text,uuid)',
      'if role is null then',
      `role := coalesce(role, 'member'); if role is null then`,
    ),
  },
  {
    name: 'the expiry of sessions',
    tests: door,
    sql: rewrite('tenancy.check_session(text,uuid)', 's.expires_at > clock_timestamp()', 'true'),
  },
  {
    name: 'the suspension check',
    tests: door,
    sql: rewrite('tenancy.check_session(text,uuid)', 'x.lifted_at is null', 'false'),
  },
  {
    name: 'that a viewer only reads',
    tests: isolation,
    sql: rewrite(
      'tenancy.enter(text,uuid,bigint,integer)',
      `if role = 'viewer' then`,
      'if false then',
    ),
  },
  {
    name: 'the epoch check of the fence',
    quick: true,
    tests: door,
    sql: rewrite(
      'tenancy.pass_fence(uuid,bigint,text)',
      'resident.epoch is distinct from p_epoch',
      'false',
    ),
  },
  {
    name: 'the state check of the fence',
    tests: door,
    sql: rewrite(
      'tenancy.pass_fence(uuid,bigint,text)',
      `resident.state not in ('active', 'copying')`,
      'false',
    ),
  },
  {
    name: 'that the shared login is no tenant of its own',
    tests: attacks,
    sql:
      rewrite(
        'tenancy.enter_own(uuid,bigint)',
        `if session_user !~ '^t_[0-9a-f]{32}$' then`,
        'if false then',
      ) +
      rewrite(
        'tenancy.pass_fence(uuid,bigint,text)',
        'resident.login is distinct from coalesce(p_login, resident.login)',
        'false',
      ),
  },
  {
    name: 'that own logins keep to their own schema',
    tests: isolation,
    quick: true,
    sql: 'grant usage on schema shared to public; grant select on all tables in schema shared to public;',
  },
  {
    name: 'that set_config is not for everybody',
    tests: isolation,
    sql: 'grant execute on function pg_catalog.set_config(text, text, boolean) to public;',
  },
  {
    name: 'that nobody locks a neighbour',
    tests: isolation,
    sql: 'grant execute on function pg_catalog.pg_advisory_lock(bigint) to public;',
  },
  {
    name: 'that nobody truncates',
    tests: isolation,
    sql: 'grant truncate on shared.orders to rowhouse_tenant;',
  },
  {
    name: 'that keys start with the tenant',
    tests: isolation,
    sql: 'create unique index loose on shared.orders (id);',
  },
  {
    name: 'that the tenant login has no bypassrls',
    alone: true,
    quick: true,
    tests: isolation,
    sql: 'alter role rowhouse_tenant bypassrls;',
  },
  {
    name: 'that the tenant login is no owner',
    alone: true,
    tests: isolation,
    sql: 'grant rowhouse_owner to rowhouse_tenant;',
  },
  {
    name: 'that a key opens its own tenant alone',
    tests: people,
    sql: rewrite('tenancy.check_key(text,uuid)', 'and k.tenant_id = p_tenant', ''),
  },
  {
    name: 'the scope of keys and the role behind them',
    quick: true,
    tests: people,
    sql: rewrite(
      'tenancy.check_key(text,uuid)',
      `writes := scope = 'write' and role <> 'viewer'`,
      'writes := true',
    ),
  },
  {
    name: 'that a key ends with its membership',
    tests: people,
    sql:
      rewrite(
        'tenancy.check_key(text,uuid)',
        'if role is null then',
        `role := coalesce(role, 'member'); if role is null then`,
      ) + 'alter table platform.api_keys drop constraint api_keys_member_fk;',
  },
  {
    name: 'the expiry of keys',
    tests: people,
    sql: rewrite(
      'tenancy.check_key(text,uuid)',
      '(k.expires_at is null or k.expires_at > clock_timestamp())',
      'true',
    ),
  },
  {
    name: 'that a banned member has no keys',
    tests: people,
    sql: rewrite(
      'tenancy.check_key(text,uuid)',
      'and not exists (select from platform.bans as b where b.user_id = k.user_id)',
      '',
    ),
  },
  {
    name: 'that a suspended tenant has no keys',
    tests: people,
    sql: rewrite('tenancy.check_key(text,uuid)', 'x.lifted_at is null', 'false'),
  },
  {
    name: 'that an invitation is for its address',
    tests: people,
    file: 'db/accounts/invitations.ts',
    find: 'if (used.email !== user.email)',
    put: 'if (false)',
  },
  {
    name: 'that an invitation is used once',
    tests: people,
    file: 'db/accounts/invitations.ts',
    find: 'const [used] = await tx.delete(invitations).where(alive(token)).returning()',
    put: 'const [used] = await tx.select().from(invitations).where(alive(token))',
  },
  {
    name: 'the guard of the last owner',
    tests: people,
    file: 'db/accounts/members.ts',
    find: `if (target.role === 'owner' && owners === 1 && !staysOwned)`,
    put: 'if (false)',
  },
  {
    name: 'that a link works once',
    tests: ['db/accounts/sign-up.test.ts'],
    file: 'db/accounts/links.ts',
    find: 'const [used] = await db.delete(links).where(alive(kind, token)).returning({ email: links.email, detail: links.detail })',
    put: 'const [used] = await db.select({ email: links.email, detail: links.detail }).from(links).where(alive(kind, token))',
  },
  {
    name: 'that a reset ends sessions',
    tests: ['db/accounts/sign-up.test.ts'],
    file: 'db/accounts/password-change.ts',
    find: 'await tx.delete(sessions).where(eq(sessions.userId, user.id))',
    put: '',
  },
  {
    name: 'that guesses wait',
    tests: signingIn,
    file: 'db/accounts/throttle.ts',
    find: 'if (!counted) throw',
    put: 'if (false) throw',
  },
  {
    name: 'that no account takes as long as one',
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
    name: 'that strangers do not keep the owner out',
    tests: signingIn,
    file: 'db/accounts/sign-in.ts',
    find: 'if (!known) await count(perAccount, email)',
    put: 'await count(perAccount, email)',
  },
  {
    name: 'that an export ends with the rights of its member',
    tests: leaving,
    file: 'db/export/exports.ts',
    find: 'or(isNull(exports.requesterId), and(exists(allowed), notExists(banned)))',
    put: 'undefined',
  },
  {
    name: 'that a download is looked at again',
    tests: leaving,
    file: 'db/export/download.ts',
    find: 'if (!(await allowed()))',
    put: 'if (false)',
  },
  {
    name: 'the signature of an export link',
    tests: leaving,
    file: 'db/export/link.ts',
    find: 'return expected.length === found.length && timingSafeEqual(expected, found)',
    put: 'return true',
  },
  {
    name: 'the tenant of imported rows',
    tests: forged,
    file: 'db/import/check-line.ts',
    find: 'if (row.tenant_id !== tenantId)',
    put: 'if (false)',
  },
  {
    name: 'the hashes of an import',
    tests: forged,
    file: 'db/import/check.ts',
    find: 'if (found !== facts.sha256)',
    put: 'if (false)',
  },
  {
    name: 'that retention keeps to its plan',
    tests: ageing,
    file: 'db/retention/run.ts',
    find: ' and pg_visible_in_snapshot(${writer}, ${seen}::pg_snapshot)',
    put: '',
  },
  {
    name: 'the legal hold',
    tests: ageing,
    file: 'db/holds.ts',
    find: 'if (found) throw new OnHold',
    put: 'if (false) throw new OnHold',
  },
  {
    name: 'that retention trusts no clock alone',
    tests: ageing,
    file: 'db/retention/preview.ts',
    find: 'if (!(seconds < clocksMayDiffer))',
    put: 'if (false)',
  },
  {
    name: 'the cap of a retention run',
    tests: ageing,
    file: 'db/retention/preview.ts',
    find: 'rows > of * cap',
    put: 'false',
  },
  {
    name: 'that a move waits for open transactions before it copies',
    tests: moving,
    file: 'db/move/capture.ts',
    find: "await withFence(mover, source, async () => ({ result: await turn(source, mover, 'active', 'copying', move.source.epoch) }))",
    put: `{ pauseMs: 0, result: await turn(source, mover, 'active', 'copying', move.source.epoch) }`,
  },
  {
    name: 'that changes are logged while rows are copied',
    tests: both,
    sql: rewrite('tenancy.pass_fence(uuid,bigint,text)', `resident.state = 'copying'`, 'false'),
  },
  {
    name: 'the last keys behind the fence',
    tests: both,
    file: 'db/move/switch.ts',
    find: 'const keys = await applyHere(mover, target, tables)',
    put: 'const keys = 0',
  },
  {
    name: 'the comparison of both sides',
    tests: moving,
    file: 'db/move/verify.ts',
    find: 'if (!same(range)) throw',
    put: 'if (false) throw',
  },
  {
    name: 'that a tenant goes back from a target that stays away',
    tests: ['db/move/gone-server.test.ts'],
    file: 'db/move/passing.ts',
    find: 'resident.forMs >= patienceMs',
    put: 'false',
  },
  {
    name: 'that a move that was given up switches nothing',
    tests: ['db/move/gone-server.test.ts'],
    sql: rewrite(
      'tenancy.record_switch(uuid,bigint)',
      `m.state in ('aborting', 'aborted')`,
      'false',
    ),
  },
  {
    name: 'that the old copy stays until the tenant is let in',
    tests: ['db/move/gone-server.test.ts'],
    file: 'db/move/clean.ts',
    find: `await unlessAbandoned(mover, 'target', () => assertLetIn(mover))`,
    put: 'true',
  },
  {
    name: 'that nothing goes where the tenant lives',
    tests: ['db/move/gone-server.test.ts'],
    file: 'db/move/clean.ts',
    find: 'if (home && isSamePlace(home, move[side])) throw',
    put: 'if (false) throw',
  },
  {
    name: 'that the place that was left is closed',
    tests: ['db/move/frozen.test.ts'],
    sql:
      rewrite(
        'tenancy.pass_fence(uuid,bigint,text)',
        'resident.epoch is distinct from p_epoch',
        'false',
      ) +
      rewrite(
        'tenancy.pass_fence(uuid,bigint,text)',
        `resident.state not in ('active', 'copying')`,
        'false',
      ),
  },
  {
    name: 'the lock timeout of a migration',
    tests: ['db/fleet/locked.test.ts'],
    file: 'db/fleet/script.ts',
    find: 'set local lock_timeout = ${Math.round(lockTimeoutMs)}',
    put: 'set local lock_timeout = 0',
  },
  {
    name: 'the hash of what was applied',
    tests: ['db/fleet/refusals.test.ts'],
    file: 'db/fleet/fit.ts',
    find: 'throw new MigrationChanged(',
    put: 'void new MigrationChanged(',
  },
  {
    name: 'the cleaning of a connection',
    quick: true,
    tests: attacks,
    file: 'db/door.ts',
    find: `'reset all; deallocate all; close all; unlisten *; select pg_advisory_unlock_all()'`,
    put: `'select 1'`,
  },
  {
    name: 'the closing of the transaction object',
    tests: door,
    file: 'db/door.ts',
    find: 'if (!this.#open || this.#ended)',
    put: 'if (false)',
  },
  {
    name: 'the check of how the transaction ended',
    quick: true,
    tests: door,
    file: 'db/door.ts',
    find: `if (ended.command !== 'COMMIT') throw new RolledBack()`,
    put: '',
  },
  {
    name: 'the extended protocol',
    tests: attacks,
    file: 'db/door.ts',
    find: 'if (!this.entry) return ask(this.client, statement)',
    put: 'if (!this.entry) return this.client.query(statement as pg.QueryConfig)',
  },
  {
    name: 'that a batch leaves no transaction open',
    tests: door,
    file: 'db/door.ts',
    find: `if (statusOf(this.client) !== 'I') throw new RolledBack()\n      for`,
    put: 'for',
  },
  {
    name: 'the session check of own logins',
    quick: true,
    tests: ['db/isolation/tables.test.ts'],
    file: 'db/door.ts',
    find: 'await Promise.all([entered, mayWrite(caller)])',
    put: '[await entered, true]',
  },
  {
    name: 'that a form acts for its own tenant',
    quick: true,
    tests: actions,
    file: 'app/action.ts',
    find: 'if (raw._tenant !== tenant.id)',
    put: 'if (false)',
  },
  {
    name: 'the permission of an action',
    quick: true,
    tests: actions,
    file: 'app/action.ts',
    find: 'if (!may(tenant.role, permission))',
    put: 'if (false)',
  },
  {
    name: 'the gate of operator actions',
    quick: true,
    tests: actions,
    file: 'app/action.ts',
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
    name: 'that a tenant action goes through the door',
    tests: actions,
    file: 'app/action.ts',
    find: 'return withTenant(callerOf({ ...session, tenant })',
    put: `return withTenant({ kind: 'service', tenantId: tenant.id, reason: 'x' }`,
  },
  {
    name: 'that a page goes through the door',
    quick: true,
    tests: actions,
    file: 'app/tenant-db.ts',
    find: 'await withTenant(caller, work)',
    put: `await withTenant({ kind: 'service', tenantId: caller.tenantId, reason: 'x' }, work)`,
  },
]
