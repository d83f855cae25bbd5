import { mailCsp } from '#app/_http/mail-csp'
import { isMailboxEnabled } from '#app/_http/mailbox-enabled'
import { isId } from '@rowhouse/tenancy'
import { readEmail } from '#db/mail/outbox'

/** The HTML of an email, without scripts and in an opaque origin, as an email client shows it. */
export async function GET(
  _: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { id } = await params
  const mail = isMailboxEnabled() && isId(id) ? await readEmail(id) : undefined
  if (!mail) return new Response('Not found', { status: 404 })
  return new Response(mail.content.html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'private, no-store',
      'content-security-policy': mailCsp,
    },
  })
}
