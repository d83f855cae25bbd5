import type { RunCommand } from '#db/cli/commands'
import { count, seedTenants } from '#db/cli/sandbox-seed'
import { UsageError } from '#db/cli/usage-error'
import { env } from '#db/env'
import { ConfigurationError } from '@rowhouse/tenancy'
import { seedDemo } from '#db/seed/demo'

export const run: RunCommand = async ({ values }) => {
  if (values.tenants !== undefined && !values.demo)
    return seedTenants(count(values.tenants, 'tenants'), count(values.orders, 'orders'), false)
  if (!values.demo) throw new UsageError('give either --demo or --tenants N --orders M')
  if (env().NODE_ENV === 'production')
    throw new ConfigurationError([
      'seed --demo creates users with a public password, so it does not run when NODE_ENV is production',
    ])
  const logins = await seedDemo()
  return {
    text: logins
      .map(({ email, password, what }) => `${email.padEnd(26)} ${password}   ${what}`)
      .join('\n'),
    json: { logins },
  }
}
