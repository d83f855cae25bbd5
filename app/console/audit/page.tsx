import type { Route } from 'next'
import { consolePage } from '#app/_session/operator'
import { parseListParams } from '#app/_http/list-search-params'
import { AuditTable } from '#components/console/audit-table'
import { VerifyAudit } from '#components/console/verify-audit'
import { PageFrame } from '#components/page'
import { ButtonLink } from '#components/ui/button'
import { Card } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { SearchBox } from '#components/ui/search-box'
import { listAudit } from '@rowhouse/tenancy/admin'
import { checkAudit } from './actions'
import { tenancy } from '#db/tenancy'

export default async function AuditPage({ searchParams }: PageProps<'/console/audit'>) {
  const { formats } = await consolePage()
  const query = await searchParams
  const { q, keepParams, link } = parseListParams('/console/audit' as Route, query)
  const below = Number(query.below)
  const before = Number.isSafeInteger(below) && below > 0 ? below : null
  const { rows, next } = await listAudit(tenancy(), { tenantId: null, search: q, size: 50, before })
  return (
    <PageFrame>
      <title>Audit · Rowhouse console</title>
      <VerifyAudit action={checkAudit} formats={formats} />
      <Card>
        <div className="px-4 py-3 sm:px-5">
          <SearchBox
            action={'/console/audit' as Route}
            keep={keepParams('q', 'below', 'mark')}
            value={q}
            label="Search the trail"
            placeholder="Person, action or tenant"
          />
        </div>
        {rows.length === 0 ? (
          <EmptyState title={q ? 'No such action' : 'Nothing was done yet'} />
        ) : (
          <AuditTable rows={rows} formats={formats} withTenant marked={Number(query.mark)} />
        )}
        {(before !== null || next !== null) && (
          <footer className="flex justify-end gap-2 border-t border-line px-4 py-3 sm:px-5">
            {before !== null && (
              <ButtonLink href={link({ below: null, mark: null })} size="small">
                Newest
              </ButtonLink>
            )}
            {next !== null && (
              <ButtonLink href={link({ below: String(next) })} size="small">
                Earlier
              </ButtonLink>
            )}
          </footer>
        )}
      </Card>
    </PageFrame>
  )
}
