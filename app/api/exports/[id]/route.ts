import { Readable } from 'node:stream'
import { auth } from '#app/_session/session'
import { openDownload } from '@rowhouse/tenancy/data'
import { verifyExportLink } from '#db/accounts/export-link'
import { may } from '#db/accounts/permissions'
import * as sessions from '#db/accounts/sessions'
import { tenancy } from '#db/tenancy'

const missing = () =>
  new Response('Not found\n', {
    status: 404,
    headers: { 'content-type': 'text/plain', 'cache-control': 'private, no-store' },
  })

/** Downloads an export. The link works for the session that it was made for; others get a 404. */
export async function GET(
  request: Request,
  { params }: RouteContext<'/api/exports/[id]'>,
): Promise<Response> {
  const { id } = await params
  const query = new URL(request.url).searchParams
  const session = await auth()
  if (!session?.tenant || !may(session.tenant.role, 'data:export')) return missing()
  if (!verifyExportLink(session.id, id, { until: query.get('until'), key: query.get('key') }))
    return missing()
  const tenantId = session.tenant.id
  const file = await openDownload(tenancy(), tenantId, id)
  if (!file) return missing()
  const content = file.content(async () => {
    const now = await sessions.read(session.token)
    return now?.tenant?.id === tenantId && may(now.tenant.role, 'data:export')
  })
  return new Response(
    Readable.toWeb(Readable.from(content, { objectMode: false })) as ReadableStream,
    {
      headers: {
        'content-type': 'application/zip',
        'content-length': String(file.bytes),
        'content-disposition': `attachment; filename="${file.name}"`,
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
      },
    },
  )
}
