import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { derivedLoginUrl } from '@rowhouse/tenancy'
import type { Child, ChildGroup } from '../../children.mjs'
import type { Environment } from '../../environment.ts'
import type { ProviderModel } from './models.ts'
import type { ManagedServer } from './server.ts'

/** What the steps share. */
export type ManagedRun = {
  /** The name of the server. */
  name: string
  model: ProviderModel
  major: number
  server: ManagedServer
  children: ChildGroup
  short: boolean
  /** The environment of commands, with the URL of the first administrator. */
  env: Environment
  /** For exports. Deleted at the end. */
  folder: string
  /** The worker, once it was started. */
  worker?: Child
  /** Runs a command with `--json` and returns the document that it prints. */
  command: (
    words: string,
    options?: { env?: Environment; cwd?: string },
  ) => Promise<Record<string, unknown>>
}

/** As on a machine of a team: nothing of this shell but what Node needs. */
export function environment(model: ProviderModel, adminUrl: string, folder: string): Environment {
  const { PATH = '', HOME = '' } = process.env
  return {
    PATH,
    HOME,
    NODE_ENV: 'development',
    NEXT_TELEMETRY_DISABLED: '1',
    AUTH_SECRET: randomBytes(32).toString('base64'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    APP_URL: 'http://localhost:3000',
    AUTH_URL: 'http://localhost:3000',
    EXPORT_DIR: join(folder, 'exports'),
    DATABASE_URL: adminUrl,
    ...(model.plaintextPasswords ? { DATABASE_PASSWORDS: 'plaintext' } : {}),
  }
}

/** The environment of processes that serve: the URLs of the logins, and none of an administrator. */
export function servingEnvironment({ DATABASE_URL = '', ...env }: Environment): Environment {
  const urlOf = (login: Parameters<typeof derivedLoginUrl>[1]) =>
    derivedLoginUrl(DATABASE_URL, login, env.AUTH_SECRET ?? '')
  return {
    ...env,
    PLATFORM_DATABASE_URL: urlOf('platform'),
    TENANT_DATABASE_URL: urlOf('tenant'),
    WORKER_DATABASE_URL: urlOf('worker'),
    MIGRATOR_DATABASE_URL: urlOf('migrator'),
  }
}
