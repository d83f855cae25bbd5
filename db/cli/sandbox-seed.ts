import { randomBytes } from 'node:crypto'
import type { CommandResult, RunCommand } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage-error'
import { withTenant, platform, tenancy } from '#db/tenancy'
import { createTenant } from '@rowhouse/tenancy/admin'
import { defaultTier, tierNames, type Tier } from '#db/tiers'
import { fillWithSample } from '#db/product/sample'
import { stories } from '#db/product/stories'
import * as users from '#db/accounts/users'

const tierCycle: Tier[] = [defaultTier, ...tierNames]

export const run: RunCommand = ({ values }) =>
  seedTenants(count(values.tenants, 'tenants'), count(values.rows, 'rows'), values.canary === true)

/**
 * Creates tenants of all tiers. The owner of each is `owner@<slug>.example` with the password
 * `rowhouse-demo`.
 */
export async function seedTenants(
  tenants: number,
  orders: number,
  canary: boolean,
): Promise<CommandResult> {
  const batch = randomBytes(3).toString('hex')
  const made = []
  for (let i = 0; i < tenants; i++)
    made.push(
      await one(
        `sandbox-${batch}-${i + 1}`,
        tierCycle[i % tierCycle.length] ?? defaultTier,
        orders,
        canary,
      ),
    )
  return {
    text: made.map(({ slug, tier, owner }) => `${slug} (${tier}), owner ${owner}`).join('\n'),
    json: { tenants: made },
  }
}

async function one(slug: string, tier: Tier, rows: number, canary: boolean) {
  const mark = (text: string) =>
    canary ? `CANARY-${slug}-${randomBytes(4).toString('hex')} ${text}` : text
  const email = `owner@${slug}.example`
  const owner = await users.create(platform(), {
    email,
    name: mark('Owner').slice(0, 80),
    password: 'rowhouse-demo',
    verified: true,
  })
  const tenant = await createTenant(tenancy(), {
    slug,
    name: mark(slug).slice(0, 80),
    ownerId: owner.id,
    tier,
  })
  const { products, customers, streets, domain } = stories.acme
  const story = {
    domain: `${canary ? `canary-${slug}.` : ''}${domain}`,
    streets: streets.map(mark),
    customers: customers.map(mark),
    products: products.map(([sku, name, price]): [string, string, number] => [
      canary ? `CANARY-${slug}-${sku}`.slice(0, 64) : sku,
      mark(name),
      price,
    ]),
  }
  await withTenant(
    { kind: 'service', tenantId: tenant.id, reason: canary ? mark('sample data') : 'sample data' },
    (tx) => fillWithSample(tx, story, rows),
  )
  return { slug, id: tenant.id, tier, owner: email }
}

export function count(value: unknown, name: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw new UsageError(`--${name} takes a whole number of at least 1, not ${value}`)
  return number
}
