import { importTenant } from '#tenancy/data/import/import-tenant'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// An import in a process that a test kills. Arguments: the file, and the slug and owner of the new
// tenant.

const [path = '', slug = '', ownerId = ''] = process.argv.slice(2)
try {
  await importTenant(tenancy(), { path, slug, ownerId, actor: 'test', tier: 'starter' })
} finally {
  await closePools(tenancy())
}
