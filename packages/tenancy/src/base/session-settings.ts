/**
 * Settings of each session of the shared login, which PostgreSQL takes when a connection is opened. They
 * take precedence over those of the role, which a tenant could change for all others.
 */
const settings: Readonly<Record<string, string>> = {
  search_path: 'shared,pg_temp',
  statement_timeout: '15s',
  lock_timeout: '15s',
  idle_in_transaction_session_timeout: '10s',
  idle_session_timeout: '0',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  default_transaction_isolation: 'read\\ committed',
  row_security: 'on',
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
}
/** From PostgreSQL 17 on. */
const newer = { transaction_timeout: '0' }

const asOptions = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')

/**
 * The values of the connection parameter `options` to try, best first. Poolers that refuse the parameter
 * get none; there, `tenancy.admit()` sets what decides how values are read and written, in each
 * transaction.
 */
export const sharedLoginOptions: readonly string[] = [
  asOptions({ ...settings, ...newer }),
  asOptions(settings),
  '',
]
