import { rewriteFunction, type Defence } from '#tenancy/testing/mutation/defence'

const src = (path: string) => `packages/tenancy/src/${path}`
const administrators = [src('administrators.test.ts')]
const isolation = [src('context/isolation.test.ts'), src('checks/doctor.test.ts')]
const transactions = [src('context/with-tenant.test.ts')]
const attacks = [src('context/attacks.test.ts')]
const forged = [src('data/import/refusals.test.ts')]
const leaving = [src('data/export/exports.test.ts')]
const retention = [src('data/retention/retention.test.ts')]
const copying = [src('moves/copying.test.ts')]
const ended = [src('context/ended-connections.test.ts')]
const overdue = [src('tasks/leftovers.test.ts')]
const foreignLocks = [src('context/foreign-locks.test.ts')]
const auditTrail = [src('audit/audit-trail.test.ts')]
const references = [src('moves/references.test.ts')]
const directions = [src('moves/directions.test.ts')]
const restored = [src('restore/restore-check.test.ts')]
const servers = [src('placements/servers.test.ts')]
const poolers = [src('checks/direct-logins.test.ts')]
const lostServer = [src('moves/lost-server.test.ts')]

/** Every defence of the engine, and the tests that must notice when it is gone. */
export const defences: readonly Defence[] = [
  {
    name: 'that private schemas have policies',
    tests: isolation,
    sql: rewriteFunction(
      'tenancy.protect(text,text)',
      `create policy tenant_only on %I.%I as restrictive for all to public using (tenant_id = (select tenancy.tenant())) with check (tenant_id = (select tenancy.tenant()))`,
      'create policy tenant_only on %I.%I as restrictive for all to public using (true)',
    ),
  },
  {
    name: 'that private schemas force row-level security',
    tests: isolation,
    sql: rewriteFunction(
      'tenancy.protect(text,text)',
      'enable row level security, force row level security',
      'enable row level security',
    ),
  },
  {
    name: 'the signature of the context',
    quick: true,
    tests: attacks,
    sql: rewriteFunction(
      'tenancy.tenant()',
      'if sha256(convert_to(part[5]',
      'if false and sha256(convert_to(part[5]',
    ),
  },
  {
    name: 'the binding of the context to process and transaction',
    tests: attacks,
    sql: rewriteFunction(
      'tenancy.tenant()',
      'if part[2] <> pg_backend_pid()::text or part[3] <> extract(epoch from transaction_timestamp())::text then',
      'if false then',
    ),
  },
  {
    name: 'the binding of the context to the process',
    tests: transactions,
    sql: rewriteFunction('tenancy.tenant()', 'part[2] <> pg_backend_pid()::text or', ''),
  },
  {
    name: 'the binding of the context to the transaction',
    tests: transactions,
    sql: rewriteFunction(
      'tenancy.tenant()',
      'or part[3] <> extract(epoch from transaction_timestamp())::text',
      '',
    ),
  },
  {
    name: 'that a dedicated role enters only its own home',
    tests: transactions,
    sql: rewriteFunction(
      'tenancy.assert_home(uuid,bigint,text)',
      'home.login is distinct from coalesce(p_login, home.login)',
      'false',
    ),
  },
  {
    name: 'that reports end when the tenant has moved',
    tests: [src('placements/create-tenant.test.ts')],
    sql: rewriteFunction('tenancy.tenant()', `and r.state in ('active', 'copying')`, ''),
  },
  {
    name: 'that named statements are refused',
    tests: transactions,
    file: src('context/scope.ts'),
    find: `if ('name' in rest && rest.name !== undefined)`,
    put: 'if (false)',
  },
  {
    name: 'that the hash of an audit row covers the row before it',
    tests: auditTrail,
    sql: rewriteFunction(
      'tenancy.audit_hash(tenancy.audit)',
      'p_row.previous || p_row.content',
      'p_row.content',
    ),
  },
  {
    name: 'the audit row of a suspension',
    tests: auditTrail,
    file: src('placements/suspensions.ts'),
    find: `await recordAudit(tx, { actor, action: 'tenant suspended', tenantId, detail: { reason } })`,
    put: '',
  },
  {
    name: 'the audit row of the end of a suspension',
    tests: auditTrail,
    file: src('placements/suspensions.ts'),
    find: `await recordAudit(tx, { actor, action: 'tenant resumed', tenantId, detail: { reason } })`,
    put: '',
  },
  { name: 'that the key is secret', tests: attacks, sql: 'grant select on tenancy.key to public;' },
  {
    name: 'that nobody else signs',
    tests: attacks,
    sql: 'grant execute on all functions in schema tenancy to public;',
  },
  {
    name: 'that only entries admit',
    tests: [...attacks, src('checks/doctor.test.ts')],
    sql: 'grant execute on function tenancy.admit(uuid, bigint, integer, boolean) to rowhouse_tenant;',
  },
  {
    name: 'that an entry without the right to write only reads',
    tests: isolation,
    sql: rewriteFunction(
      'tenancy.admit(uuid,bigint,integer,boolean)',
      'if not p_writes then',
      'if false then',
    ),
  },
  {
    name: 'the suspension check',
    tests: transactions,
    sql: rewriteFunction('tenancy.is_suspended(uuid)', 'x.lifted_at is null', 'false'),
  },
  {
    name: 'the epoch check of the fence',
    quick: true,
    tests: transactions,
    sql: rewriteFunction(
      'tenancy.assert_home(uuid,bigint,text)',
      'home.epoch is distinct from p_epoch',
      'false',
    ),
  },
  {
    name: 'the state check of the fence',
    tests: transactions,
    sql: rewriteFunction(
      'tenancy.assert_home(uuid,bigint,text)',
      `home.state not in ('active', 'copying')`,
      'false',
    ),
  },
  {
    name: 'that the shared login is no tenant of its own',
    tests: attacks,
    sql:
      rewriteFunction(
        'tenancy.enter_as_dedicated_role(uuid,bigint)',
        `if session_user !~ '^t_[0-9a-f]{32}$' then`,
        'if false then',
      ) +
      rewriteFunction(
        'tenancy.assert_home(uuid,bigint,text)',
        'home.login is distinct from coalesce(p_login, home.login)',
        'false',
      ),
  },
  {
    name: 'that dedicated roles keep to their own schema',
    tests: isolation,
    sql: 'grant usage on schema shared to public; grant select on all tables in schema shared to public;',
  },
  {
    name: "that setup updates the administrator's functions in dedicated databases",
    tests: administrators,
    file: src('setup.ts'),
    find: 'if (await hasAdminFiles(admin)) return',
    put: 'if (admin.database) return',
  },
  {
    name: "that the doctor compares the administrator's functions",
    tests: administrators,
    file: src('checks/doctor.ts'),
    find: "['admin', 'functions of the administrator', setup],",
    put: '',
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
    sql: 'grant truncate on shared.notes to rowhouse_tenant;',
  },
  {
    name: 'that keys start with the tenant',
    tests: isolation,
    sql: 'create unique index loose on shared.notes (id);',
  },
  {
    name: 'that no second permissive policy opens a table',
    tests: isolation,
    sql: 'create policy loose on shared.notes using (true);',
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
    name: 'that an export ends with the rights of its member',
    tests: leaving,
    file: src('data/export/exports.ts'),
    find: 'or(isNull(exports.requesterId), tenancy.config.members.mayExport({ tenantId: exports.tenantId, userId: exports.requesterId }))',
    put: 'undefined',
  },
  {
    name: 'that a download is looked at again',
    tests: leaving,
    file: src('data/export/download.ts'),
    find: 'if (!(await allowed()))',
    put: 'if (false)',
  },
  {
    name: 'the tenant of imported rows',
    tests: forged,
    file: src('data/import/check-row.ts'),
    find: 'if (row.tenant_id !== tenantId)',
    put: 'if (false)',
  },
  {
    name: 'the hashes of an import',
    tests: forged,
    file: src('data/import/check-archive.ts'),
    find: 'if (found !== facts.sha256)',
    put: 'if (false)',
  },
  {
    name: 'that retention keeps to its plan',
    tests: retention,
    file: src('data/retention/run-retention.ts'),
    find: ' and pg_visible_in_snapshot(${writerXid}, ${seen}::pg_snapshot)',
    put: '',
  },
  {
    name: 'the legal hold',
    tests: retention,
    file: src('data/holds.ts'),
    find: 'if (found) throw new OnHold',
    put: 'if (false) throw new OnHold',
  },
  {
    name: 'that retention trusts no clock alone',
    tests: retention,
    file: src('data/retention/preview.ts'),
    find: 'if (!(seconds < maxClockDifferenceSeconds))',
    put: 'if (false)',
  },
  {
    name: 'the confirmation threshold of a retention run',
    tests: retention,
    file: src('data/retention/preview.ts'),
    find: 'rows > of * confirmationThreshold',
    put: 'false',
  },
  {
    name: 'that a move waits for open transactions before it copies',
    tests: copying,
    file: src('moves/capture.ts'),
    find: "await withFence(run, source, async () => ({ result: await transition(source, run, { from: 'active', to: 'copying', epoch }) }))",
    put: `{ pauseMs: 0, result: await transition(source, run, { from: 'active', to: 'copying', epoch }) }`,
  },
  {
    name: 'that all large objects of tenants are removed',
    tests: [src('data/delete-expired.test.ts')],
    file: src('data/large-objects.ts'),
    find: 'if (removed === 0) return total',
    put: 'return total + removed',
  },
  {
    name: 'that a move copies no row whose references are missing',
    tests: references,
    file: src('moves/copy.ts'),
    find: "${referencesExist(inTarget, 's', schema)}",
    put: 'true',
  },
  {
    name: 'that rows left out of the copy are logged',
    tests: references,
    file: src('moves/copy.ts'),
    find: 'await logKeys(run, log, table, missing.rows)',
    put: '',
  },
  {
    name: 'that rows of an earlier stay are logged',
    tests: references,
    file: src('moves/copy.ts'),
    find: 'if (existing?.some) await logStaleRows(run, table)',
    put: '',
  },
  {
    name: 'that a deleted row of the target takes the rows that refer to it along',
    tests: references,
    file: src('moves/catch-up.ts'),
    find: 'children.length === 0',
    put: 'true',
  },
  {
    name: 'that a unique value can pass from one row to another',
    tests: references,
    file: src('moves/catch-up.ts'),
    find: 'table.uniqueColumns.length > 0',
    put: 'false',
  },
  {
    name: 'that a new target keeps its unique indexes during the copy',
    tests: references,
    file: src('moves/prepare-target.ts'),
    find: 'and not x.indisunique',
    put: '',
  },
  {
    name: 'that a pass writes each row once',
    tests: references,
    file: src('moves/catch-up.ts'),
    find: "distinct on (${sql.order('n')}) ",
    put: '',
  },
  {
    name: 'that a move validates the foreign keys of its target',
    tests: references,
    file: src('moves/verify.ts'),
    find: 'await validateForeignKeys(run)',
    put: '',
  },
  {
    name: 'that no trigger changes the rows of a move',
    tests: references,
    file: src('moves/tenant-tables.ts'),
    find: 'if (found) throw new TableNotMovable(found.table, found.why)',
    put: '',
  },
  {
    name: 'that a tenant cannot pretend to be a move',
    tests: references,
    sql: rewriteFunction('tenancy.is_move()', 'and tenancy.tenant() is not null', ''),
  },
  {
    name: 'that work is repeated when its connection was ended',
    tests: ended,
    file: src('context/retry.ts'),
    find: 'if (isEnded(error)) {',
    put: 'if (isEnded(error)) { throw error',
  },
  {
    name: 'that work is not repeated when its commit was sent',
    tests: ended,
    file: src('context/retry.ts'),
    find: 'if (progress.mayHaveCommitted ||',
    put: 'if (',
  },
  {
    name: 'that an app ends the session of a connection that it closes',
    tests: overdue,
    file: src('admission/slots.ts'),
    find: 'if (placement.server === null) void endOverdueTransaction(tenancy, pid, statementMs)',
    put: 'void pid',
  },
  {
    name: 'that the worker ends overdue transactions',
    tests: overdue,
    file: src('admission/overdue-transactions.ts'),
    find: 'await client.query<EndedTransaction>(statement, [limitMs, null])',
    put: '{ rows: [] }',
  },
  {
    name: 'the row lock of a tenant whose lock another tenant holds',
    tests: foreignLocks,
    sql: rewriteFunction(
      'tenancy.lock_home(uuid)',
      'where tenant_id = p_tenant for share',
      'where tenant_id = p_tenant',
    ),
  },
  {
    name: 'that a fence waits for row locks',
    tests: foreignLocks,
    sql: rewriteFunction(
      'tenancy.raise_fence(uuid)',
      'where tenant_id = p_tenant',
      'where tenant_id = p_tenant and false',
    ),
  },
  {
    name: 'that a fence is told from the lock of another tenant',
    tests: foreignLocks,
    sql: rewriteFunction('tenancy.is_fenced(bigint)', 'return exists', 'return false and exists'),
  },
  {
    name: 'that the lock of another tenant is no fence',
    tests: foreignLocks,
    sql: rewriteFunction(
      'tenancy.is_fenced(bigint)',
      `coalesce(a.usename, '') !~ '^(rowhouse_tenant|t_[0-9a-f]{32})$'`,
      'true',
    ),
  },
  {
    name: 'that no tenant can take the lock of the audit trail',
    tests: auditTrail,
    sql: rewriteFunction(
      'tenancy.record_audit(text, text, uuid, jsonb)',
      'lock table tenancy.installation in share row exclusive mode',
      'perform pg_advisory_xact_lock(1)',
    ),
  },
  {
    name: 'that the audit trail does not fork',
    tests: auditTrail,
    sql: rewriteFunction(
      'tenancy.record_audit(text, text, uuid, jsonb)',
      'lock table tenancy.installation in share row exclusive mode',
      'null',
    ),
  },
  {
    name: 'that changes are logged while rows are copied',
    tests: directions,
    sql: rewriteFunction(
      'tenancy.assert_home(uuid,bigint,text)',
      `case home.state when 'copying' then '+' else '' end`,
      `''`,
    ),
  },
  {
    name: 'the final pass behind the fence',
    tests: directions,
    file: src('moves/switch-over.ts'),
    find: 'const keys = await applyWithinDatabase(run, target, tables)',
    put: 'const keys = 0',
  },
  {
    name: 'the comparison of both sides',
    tests: copying,
    file: src('moves/verify.ts'),
    find: 'if (!isIdentical(range)) throw',
    put: 'if (false) throw',
  },
  {
    name: 'that a tenant is reopened in its source when the target does not open',
    tests: lostServer,
    file: src('moves/retryable.ts'),
    find: 'home.forMs >= timings.fencedAtMost',
    put: 'false',
  },
  {
    name: 'that an aborted move switches nothing',
    tests: lostServer,
    sql: rewriteFunction(
      'tenancy.record_switch(uuid,bigint)',
      `m.state in ('aborting', 'aborted')`,
      'false',
    ),
  },
  {
    name: 'that the old copy stays until the tenant is open in its new location',
    tests: lostServer,
    file: src('moves/clean-up.ts'),
    find: `await skipIfServerLost(run, 'target', () => assertTargetOpen(run))`,
    put: 'true',
  },
  {
    name: 'that no rows are deleted where the tenant lives',
    tests: lostServer,
    file: src('moves/clean-up.ts'),
    find: 'if (placement && isSameLocation(placement, end)) throw',
    put: 'if (false) throw',
  },
  {
    name: 'that the old location is closed after a switch',
    tests: [src('moves/frozen.test.ts')],
    sql:
      rewriteFunction(
        'tenancy.assert_home(uuid,bigint,text)',
        'home.epoch is distinct from p_epoch',
        'false',
      ) +
      rewriteFunction(
        'tenancy.assert_home(uuid,bigint,text)',
        `home.state not in ('active', 'copying')`,
        'false',
      ),
  },
  {
    name: 'the lock timeout of a migration',
    tests: [src('migrations/locked.test.ts')],
    file: src('migrations/script.ts'),
    find: 'set local lock_timeout = ${Math.round(lockTimeoutMs)}',
    put: 'set local lock_timeout = 0',
  },
  {
    name: 'the hash of what was applied',
    tests: [src('migrations/refusals.test.ts')],
    file: src('migrations/compatibility.ts'),
    find: 'throw new MigrationChanged(',
    put: 'void new MigrationChanged(',
  },
  {
    name: 'the cleaning of a connection',
    quick: true,
    tests: attacks,
    file: src('context/scope.ts'),
    find: `'reset all; deallocate all; close all; unlisten *; select pg_advisory_unlock_all()'`,
    put: `'select 1'`,
  },
  {
    name: 'the closing of the transaction object',
    tests: transactions,
    file: src('context/scope.ts'),
    find: 'if (!this.#open || this.#ended)',
    put: 'if (false)',
  },
  {
    name: 'the check of how the transaction ended',
    tests: transactions,
    file: src('context/scope.ts'),
    find: `if (ended.command !== 'COMMIT') throw new RolledBack()`,
    put: '',
  },
  {
    name: 'the extended protocol',
    tests: attacks,
    file: src('context/scope.ts'),
    find: 'if (!this.entry) return this.pipeline.query(this.client, statement)',
    put: 'if (!this.entry) return this.client.query(statement as pg.QueryConfig)',
  },
  {
    name: 'that a batch leaves no transaction open',
    tests: transactions,
    file: src('context/scope.ts'),
    find: `if (inTransaction(this.client) === true) throw new RolledBack()\n      for`,
    put: 'for',
  },
  {
    name: 'the check of a caller on a dedicated role',
    tests: isolation,
    file: src('context/with-tenant.ts'),
    find: 'if (dedicated && !entry.entered) return (await Promise.all([check(current, entry), entering]))[0]',
    put: 'if (dedicated && !entry.entered) return await entering.then(() => ({ writes: true }))',
  },
  {
    name: 'that functions are revoked from the public after a restore without roles',
    tests: restored,
    file: src('restore/repair-database.ts'),
    find: `await runAll(admin, 'public-functions')`,
    put: '',
  },
  {
    name: 'that an encryption key which does not fit stops restore-check',
    tests: restored,
    file: src('restore/restore-check.ts'),
    find: 'if (failures[0] !== undefined)',
    put: 'if (false)',
  },
  {
    name: 'that a server is compared with the live main server',
    tests: servers,
    file: src('placements/servers.ts'),
    find: 'if (await isSameLiveServer(main, admin)) return true',
    put: 'if ((await identifierOf(main)) === (await identifierOf(admin))) return true',
  },
  {
    name: 'that a copy of a registered server is refused',
    tests: servers,
    file: src('placements/servers.ts'),
    find: 'if (live === false)',
    put: 'if (false)',
  },
  {
    name: 'that a server keeps the parameters of its URL',
    tests: servers,
    file: src('registry/placements.ts'),
    find: 'url.search = server.urlParameters ?? url.search',
    put: '',
  },
  {
    name: 'that plaintext passwords need TLS',
    tests: servers,
    file: src('placements/passwords.ts'),
    find: 'if (!isPrivate(connection.stream as TLSSocket))',
    put: 'if (false)',
  },
  {
    name: 'that roles have no chosen passwords',
    tests: servers,
    sql: rewriteFunction(
      'tenancy.create_dedicated_role(uuid,text)',
      `p_verifier !~ '^[A-Za-z0-9_-]{43}$'`,
      'false',
    ),
  },
  {
    name: 'that URLs which need sessions do not go through a pooler',
    tests: poolers,
    file: src('checks/direct-logins.ts'),
    find: 'if (problems.length > 0) throw new ConfigurationError(problems)',
    put: '',
  },
  {
    name: 'that readiness takes the way of a tenant',
    tests: poolers,
    file: src('checks/health.ts'),
    find: 'await enterAsTenants(tenancy)',
    put: '',
  },
  {
    name: 'that shared tables have no statistics',
    tests: [src('context/statistics.test.ts')],
    sql: 'alter table shared.notes alter column body set statistics -1;',
  },
  {
    name: 'the check of statistics that were collected earlier',
    tests: [src('context/statistics.test.ts')],
    sql: rewriteFunction(
      'tenancy.columns_with_statistics()',
      'return query',
      'return; return query',
    ),
  },
  {
    name: 'the settings of a session of the shared login',
    tests: overdue,
    file: src('registry/pools.ts'),
    find: '? sharedLoginOptions',
    put: '? []',
  },
  {
    name: 'that changed settings of logins are restored',
    tests: overdue,
    file: src('tasks/login-settings.ts'),
    find: 'tenancy.changed_login_settings(true)',
    put: 'tenancy.changed_login_settings(false)',
  },
  {
    name: 'the check other-roles',
    tests: [src('checks/other-roles.test.ts')],
    file: src('checks/doctor.ts'),
    find: 'for (const { name, text } of await readChecks()) {',
    put: `for (const { name, text } of await readChecks()) { if (name === 'other-roles') continue`,
  },
  {
    name: 'the check direct-grants',
    tests: [src('checks/doctor.test.ts')],
    file: src('checks/doctor.ts'),
    find: 'for (const { name, text } of await readChecks()) {',
    put: `for (const { name, text } of await readChecks()) { if (name === 'direct-grants') continue`,
  },
  {
    name: 'the check database-objects',
    tests: [src('checks/doctor.test.ts')],
    file: src('checks/doctor.ts'),
    find: 'for (const { name, text } of await readChecks()) {',
    put: `for (const { name, text } of await readChecks()) { if (name === 'database-objects') continue`,
  },
  {
    name: 'that the doctor compares the bodies of functions',
    tests: [src('checks/doctor.test.ts')],
    file: src('checks/doctor.ts'),
    find: 'if (own.length === 0 ||',
    put: 'if (true ||',
  },
  {
    name: 'that the doctor compares schemas with their migrations',
    tests: [src('checks/doctor.test.ts')],
    file: src('checks/doctor.ts'),
    find: 'drift ? await findDrift(tenancy, findings) : {',
    put: '{',
  },
]
