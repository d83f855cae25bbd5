import type { ParseArgsConfig } from 'node:util'
import { ConfigurationError } from '@rowhouse/tenancy'
import { env } from '#db/env'

/** The options of a command and its positional arguments. */
export type CommandInput = {
  values: Record<string, string | boolean | undefined>
  positionals: string[]
}
/** The output as text and for `--json`. The command exits with 1 if `failed` is set. */
export type CommandResult = { text?: string; json: unknown; failed?: boolean }
export type RunCommand = (input: CommandInput) => Promise<CommandResult>

export type Command = {
  words: string[]
  usage: string
  about: string
  /** Takes a positional argument, such as a slug. */
  takesArgument?: true
  options?: NonNullable<ParseArgsConfig['options']>
  /** Uses the worker or the migrator, whose URLs must not go through a pooler in transaction mode. */
  needsSessions?: true
  load: () => Promise<{ run: RunCommand }>
}

export type TenantVerb = 'list' | 'show' | 'create' | 'suspend' | 'resume' | 'rotate' | 'url'
export type OperatorVerb = 'add' | 'remove' | 'list'

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const tenant = (verb: TenantVerb) => async () =>
  (await import('#db/cli/tenant')).tenantCommand(verb)()
const operator = (verb: OperatorVerb) => async () =>
  (await import('#db/cli/operator')).operatorCommand(verb)()
// They create sessions and run arbitrary SQL. The worker's image does not contain them.
const sandbox =
  (load: Command['load']): Command['load'] =>
  () => {
    if (env().NODE_ENV === 'production')
      throw new ConfigurationError(['sandbox commands do not run when NODE_ENV is production'])
    return load()
  }

export const commands: Command[] = [
  {
    words: ['setup'],
    usage: 'setup [--profile hardened|managed] [--database-url URL]',
    about:
      'create or update roles, databases and functions, and run migrations; with --database-url, on another server for dedicated databases',
    options: { profile: text, 'database-url': text },
    load: () => import('#db/cli/setup'),
  },
  {
    words: ['seed'],
    usage: 'seed --demo | --tenants N --orders M',
    about: 'add the demo tenants, people and orders; or N tenants of all tiers with M orders each',
    options: { demo: flag, tenants: text, orders: text },
    load: () => import('#db/cli/seed'),
  },
  {
    words: ['secrets', 'rotate-encryption-key'],
    usage: 'secrets rotate-encryption-key',
    about: 'encrypt all stored secrets again after a change of ENCRYPTION_KEY',
    load: () => import('#db/cli/rotate-encryption-key'),
  },
  {
    words: ['doctor'],
    usage: 'doctor',
    about:
      'check every invariant on every target; list violations and notes, and exit with 1 if there are violations',
    load: () => import('#db/cli/doctor'),
  },
  {
    words: ['restore-check'],
    usage: 'restore-check [--profile hardened|managed] [--reopen SLUG]',
    about:
      'after a restore of all databases: repair roles, owners and rights, which a dump does not carry, and check everything; with --reopen, open a tenant where the registry places it',
    options: { profile: text, reopen: text },
    load: () => import('#db/cli/restore-check'),
  },
  {
    words: ['tenant', 'list'],
    usage: 'tenant list',
    about: 'list all tenants with tier and placement',
    load: tenant('list'),
  },
  {
    words: ['tenant', 'show'],
    usage: 'tenant show SLUG',
    takesArgument: true,
    about: 'show one tenant: placement, members, state',
    load: tenant('show'),
  },
  {
    words: ['tenant', 'create'],
    usage: 'tenant create SLUG --owner EMAIL [--name NAME] [--tier TIER] [--database-url URL]',
    takesArgument: true,
    about: 'create a tenant in the placement of its tier',
    options: { owner: text, name: text, tier: text, 'database-url': text },
    needsSessions: true,
    load: tenant('create'),
  },
  {
    words: ['tenant', 'suspend'],
    usage: 'tenant suspend SLUG --reason TEXT',
    takesArgument: true,
    about: 'suspend a tenant, from its next transaction on',
    options: { reason: text },
    load: tenant('suspend'),
  },
  {
    words: ['tenant', 'resume'],
    usage: 'tenant resume SLUG --reason TEXT',
    takesArgument: true,
    about: 'lift the suspension of a tenant',
    options: { reason: text },
    load: tenant('resume'),
  },
  {
    words: ['tenant', 'rotate'],
    usage: 'tenant rotate SLUG --reason TEXT',
    takesArgument: true,
    about: 'change the password of a tenant’s dedicated role and end its open connections',
    options: { reason: text },
    needsSessions: true,
    load: tenant('rotate'),
  },
  {
    words: ['tenant', 'move'],
    usage:
      'tenant move SLUG --to shared|schema|database [--tier TIER] [--database-url URL] [--reason TEXT] [--wait] [--dry-run] | --status | --abort | --confirm | --rollback | --force-finish | --resume',
    takesArgument: true,
    about: 'change the placement of a live tenant, and with --tier also its tier',
    options: {
      to: text,
      tier: text,
      'database-url': text,
      reason: text,
      wait: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      status: { type: 'boolean' },
      abort: { type: 'boolean' },
      confirm: { type: 'boolean' },
      rollback: { type: 'boolean' },
      'force-finish': { type: 'boolean' },
      resume: { type: 'boolean' },
    },
    needsSessions: true,
    load: () => import('#db/cli/tenant-move'),
  },
  {
    words: ['tenant', 'export'],
    usage: 'tenant export SLUG --out FILE',
    takesArgument: true,
    about:
      'export all data of a tenant in one snapshot, as a ZIP of NDJSON and CSV with a manifest',
    options: { out: text },
    needsSessions: true,
    load: () => import('#db/cli/tenant-export'),
  },
  {
    words: ['tenant', 'import'],
    usage: 'tenant import FILE --as SLUG [--owner EMAIL] [--tier TIER] | --check',
    takesArgument: true,
    about: 'check an export and import it as a new tenant; nothing is written if a check fails',
    options: { as: text, owner: text, tier: text, check: flag },
    needsSessions: true,
    load: () => import('#db/cli/tenant-import'),
  },
  {
    words: ['tenant', 'restore'],
    usage: 'tenant restore SLUG --from FILE --yes',
    takesArgument: true,
    about:
      'restore a tenant from an export; its current data is kept for a week under another slug',
    options: { from: text, yes: flag },
    needsSessions: true,
    load: () => import('#db/cli/tenant-restore'),
  },
  {
    words: ['tenant', 'erase'],
    usage: 'tenant erase SLUG --yes [--after DAYS] | --undo',
    takesArgument: true,
    about:
      'erase a tenant with all its data and print the receipt; with --after, it can be undone until then',
    options: { yes: flag, after: text, undo: flag },
    needsSessions: true,
    load: () => import('#db/cli/tenant-erase'),
  },
  {
    words: ['tenant', 'retention'],
    usage:
      'tenant retention SLUG [--days N|forever [--table TABLE]] [--preview] [--confirm | --dismiss] [--hold | --lift --reason TEXT]',
    takesArgument: true,
    about:
      'show or set how long rows are kept; preview, confirm or dismiss a run; place or lift a legal hold',
    options: {
      days: text,
      table: text,
      preview: flag,
      confirm: flag,
      dismiss: flag,
      hold: flag,
      lift: flag,
      reason: text,
    },
    load: () => import('#db/cli/tenant-retention'),
  },
  {
    words: ['retention', 'run'],
    usage: 'retention run [--dry-run]',
    about:
      'delete old rows in every tenant with a retention rule; large runs await confirmation by an owner',
    options: { 'dry-run': flag },
    needsSessions: true,
    load: () => import('#db/cli/retention-run'),
  },
  {
    words: ['tenant', 'url'],
    usage: 'tenant url SLUG [--read-only]',
    takesArgument: true,
    about: 'print the connection string of a tenant with a dedicated role; contains its password',
    options: { 'read-only': { type: 'boolean' } },
    load: tenant('url'),
  },
  {
    words: ['operator', 'add'],
    usage: 'operator add EMAIL',
    takesArgument: true,
    about: 'give a user access to the console; audited',
    load: operator('add'),
  },
  {
    words: ['operator', 'remove'],
    usage: 'operator remove EMAIL',
    takesArgument: true,
    about: 'take away access to the console, from the next request on; audited',
    load: operator('remove'),
  },
  {
    words: ['operator', 'list'],
    usage: 'operator list',
    about: 'list the users with access to the console',
    load: operator('list'),
  },
  {
    words: ['sandbox', 'sql'],
    usage: 'sandbox sql --tenant SLUG --as EMAIL [--stacked] < FILE',
    about: 'run SQL in a real tenant transaction, as an attacker would',
    options: { tenant: text, as: text, stacked: { type: 'boolean' } },
    load: sandbox(() => import('#db/cli/sandbox-sql')),
  },
  {
    words: ['sandbox', 'seed'],
    usage: 'sandbox seed --tenants N --rows M [--canary]',
    about: 'add synthetic tenants; with --canary, each text of tenant T contains CANARY-<T>-<hex>',
    options: { tenants: text, rows: text, canary: { type: 'boolean' } },
    load: sandbox(() => import('#db/cli/sandbox-seed')),
  },
  {
    words: ['sandbox', 'login'],
    usage: 'sandbox login EMAIL [--tenant SLUG]',
    takesArgument: true,
    about: 'print a Cookie header value for a running app',
    options: { tenant: text },
    load: sandbox(() => import('#db/cli/sandbox-login')),
  },
  {
    words: ['sandbox', 'routes'],
    usage: 'sandbox routes',
    about: 'list every page, route handler and action, with sample parameters',
    load: sandbox(() => import('#db/cli/sandbox-routes')),
  },
  {
    words: ['fleet', 'status'],
    usage: 'fleet status [--inspect] [--all] [--check]',
    about:
      'show the migration state of every target; --inspect connects to dedicated databases first, --check exits with 1 unless all are current',
    options: { inspect: flag, all: flag, check: flag },
    load: () => import('#db/cli/fleet/status'),
  },
  {
    words: ['fleet', 'plan'],
    usage: 'fleet plan [--to TAG]',
    about:
      'show what would run where, the locks of each statement, and a safer way if it blocks writers',
    options: { to: text },
    load: () => import('#db/cli/fleet/plan'),
  },
  {
    words: ['fleet', 'migrate'],
    usage:
      'fleet migrate [--canary SLUG,…] [--batches 10,50] [--concurrency K] [--max-failures N] [--limit N] [--to TAG]',
    about:
      'migrate every target to this build; failed targets stay unchanged, and the next run retries them',
    options: {
      canary: text,
      batches: text,
      concurrency: text,
      'max-failures': text,
      limit: text,
      to: text,
    },
    needsSessions: true,
    load: () => import('#db/cli/fleet/migrate'),
  },
  {
    words: ['fleet', 'verify'],
    usage: 'fleet verify',
    about: "compare every target's catalogue with its migrations; list differences and exit with 1",
    needsSessions: true,
    load: () => import('#db/cli/fleet/verify'),
  },
  {
    words: ['fleet', 'step'],
    usage: 'fleet step [NAME] [--tenant SLUG]',
    takesArgument: true,
    about:
      'run a data step in every tenant where it has not run, or list all steps with their progress',
    options: { tenant: text },
    needsSessions: true,
    load: () => import('#db/cli/fleet/step'),
  },
]
