import { z } from 'zod'
import { type Login, ConfigurationError, derivedLoginUrl } from '@rowhouse/tenancy'

const databaseUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must be a URL like postgres://user:password@host:5432/database',
})
const key = z
  .string()
  .refine(
    (value) => Buffer.from(value, 'base64').length === 32,
    'must be 32 bytes in base64 (openssl rand -base64 32)',
  )

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

const namesList = z
  .string()
  .default('')
  .transform((names) => names.split(',').flatMap((name) => name.trim() || []))

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  APP_URL: z.url().default('http://localhost:3000'),
  AUTH_SECRET: z.string().min(32, 'must have at least 32 characters (openssl rand -base64 33)'),
  ENCRYPTION_KEY: key,
  ENCRYPTION_KEY_PREVIOUS: key.optional(),
  DATABASE_URL: databaseUrl.optional(),
  PLATFORM_DATABASE_URL: databaseUrl.optional(),
  TENANT_DATABASE_URL: databaseUrl.optional(),
  WORKER_DATABASE_URL: databaseUrl.optional(),
  MIGRATOR_DATABASE_URL: databaseUrl.optional(),
  // a direct URL of the platform login, when PLATFORM_DATABASE_URL goes through a pooler
  LISTEN_DATABASE_URL: databaseUrl.optional(),
  // the user names of derived URLs, for poolers that need a prefix or suffix
  DATABASE_USERNAME_FORMAT: z
    .string()
    .includes('{role}', { error: 'must contain {role}, such as {role}.project' })
    .default('{role}'),
  // `verifier` sends SCRAM verifiers; `plaintext` is for providers that refuse them
  DATABASE_PASSWORDS: z.enum(['verifier', 'plaintext']).default('verifier'),
  EXPORT_DIR: z.string().default('.data/exports'),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  SLOW_MS: z.coerce.number().positive().default(500),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  SHUTDOWN_DELAY_SECONDS: z.coerce.number().min(0).max(300).default(0),
  WORKER_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_SERVICE_NAME: z.string().default('rowhouse'),
  // `pipelined` sends several statements in one write, using internals of pg; `plain` sends ordinary
  // queries one by one
  DATABASE_PIPELINE: z.enum(['pipelined', 'plain']).default('pipelined'),
  // extensions whose functions every tenant's SQL may call, separated by commas
  DATABASE_EXTENSIONS: namesList,
  // other roles that may be superusers, start replication or belong to the app's roles, separated by commas
  DATABASE_ADMINISTRATORS: namesList,
  DATABASE_CONNECTIONS: z.coerce.number().int().min(2).max(1000).default(20),
  // when unset, operators need a second factor in production only
  OPERATOR_SECOND_FACTOR: z.enum(['required', 'optional']).optional(),
  // the number of trusted proxies in front of the app; with 0, X-Forwarded-For is ignored because
  // clients can set it
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'must be a URL like smtp://user:password@host:587' })
    .optional(),
  MAIL_FROM: z.string().min(3).default('Rowhouse <no-reply@localhost>'),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  GOOGLE_CLIENT_ID: z.string().optional(),
  GOOGLE_CLIENT_SECRET: z.string().optional(),
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().max(40).default('Single sign-on'),
})

export type Env = z.infer<typeof schema>

let parsed: Env | undefined

/**
 * The settings of the environment, parsed once.
 *
 * @throws ConfigurationError that names every missing or invalid setting.
 */
export function env(): Env {
  if (parsed) return parsed
  const values = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''))
  const result = schema.safeParse(values)
  if (!result.success)
    throw new ConfigurationError(
      result.error.issues.map(
        (issue) =>
          `${issue.path.join('.')} ${issue.message === 'Invalid input: expected string, received undefined' ? 'is missing' : issue.message}`,
      ),
    )
  parsed = result.data
  return parsed
}

/**
 * The URL of a login: as configured, or derived from DATABASE_URL with a password that is derived
 * from AUTH_SECRET.
 *
 * @throws ConfigurationError when neither is set.
 */
function loginUrl(login: Login): string {
  const name = urlName(login)
  const configured = env()[name]
  if (configured) return configured
  const admin = env().DATABASE_URL
  if (!admin)
    throw new ConfigurationError([`${name} is missing (or DATABASE_URL, from which it is derived)`])
  const { AUTH_SECRET, DATABASE_USERNAME_FORMAT } = env()
  return derivedLoginUrl(admin, login, AUTH_SECRET, DATABASE_USERNAME_FORMAT)
}

/**
 * Checks that this process has the URL of every login that it uses.
 *
 * @param used - The logins that it uses.
 * @throws ConfigurationError that names all missing ones.
 */
export function assertLoginUrls(used: readonly Login[]): void {
  const missing = env().DATABASE_URL ? [] : used.map(urlName).filter((name) => !env()[name])
  if (missing.length > 0)
    throw new ConfigurationError(
      missing.map((name) => `${name} is missing (or DATABASE_URL, from which it is derived)`),
    )
}

const urlName = (login: Login) => `${login.toUpperCase() as Uppercase<Login>}_DATABASE_URL` as const

/** The connection URLs of the engine's logins. */
export const loginUrls = (): Record<Login, string> => ({
  // read lazily: a command needs only some of them
  get platform() {
    return loginUrl('platform')
  },
  get tenant() {
    return loginUrl('tenant')
  },
  get worker() {
    return loginUrl('worker')
  },
  get migrator() {
    return loginUrl('migrator')
  },
})
