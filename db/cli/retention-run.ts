import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { RowhouseError } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'
import {
  needsConfirmation,
  previewRetention,
  runRetention,
  tenantsWithRules,
} from '@rowhouse/tenancy/data'
import { tenants } from '@rowhouse/tenancy/schema'

export const run: RunCommand = async ({ values }) => {
  const slugs = new Map(
    (await platform().select({ id: tenants.id, slug: tenants.slug }).from(tenants)).map(
      ({ id, slug }) => [id, slug],
    ),
  )
  if (values['dry-run']) {
    const found = await Promise.all(
      (await tenantsWithRules(tenancy(), false)).map(async (id) => ({
        tenant: slugs.get(id) ?? id,
        ...(await preview(id)),
      })),
    )
    const lines = found.flatMap(({ tenant, steps, problem }) =>
      problem
        ? [[tenant, '', '', 0, problem]]
        : steps.map((step) => [
            tenant,
            step.table,
            step.before,
            step.rows,
            needsConfirmation([step])
              ? `of ${step.of}; will wait for confirmation`
              : `of ${step.of}`,
          ]),
    )
    return {
      text: table(['tenant', 'table', 'older than', 'rows', ''], lines),
      json: { dryRun: true, tenants: found },
      failed: found.some(({ problem }) => problem),
    }
  }
  const { runs, problems } = await runRetention(tenancy(), { dueOnly: false })
  const lines = [
    ...runs.flatMap((one) =>
      one.steps.map((step) => [
        slugs.get(one.tenantId) ?? one.tenantId,
        one.state,
        step.table,
        step.deleted,
        step.rows,
      ]),
    ),
    ...problems.map(({ tenantId, problem }) => [
      slugs.get(tenantId) ?? tenantId,
      problem,
      '',
      0,
      0,
    ]),
  ]
  return {
    text: table(['tenant', 'state', 'table', 'deleted', 'planned'], lines),
    json: { runs, problems },
    failed: problems.length > 0,
  }
}

async function preview(id: string) {
  try {
    return { steps: await previewRetention(tenancy(), id) }
  } catch (error) {
    if (RowhouseError.is(error)) return { steps: [], problem: error.message }
    throw error
  }
}
