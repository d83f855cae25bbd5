import { emailCsp } from '#app/_http/email-csp'
import { isMailboxEnabled } from '#app/_http/mailbox-enabled'
import { isId } from '@rowhouse/tenancy'
import { readEmail } from '#db/mail/outbox'

/** The HTML of an email, without scripts and in an opaque origin, as an email client shows it. */
export async function GET(
  _: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { id } = await params
  const email = isMailboxEnabled() && isId(id) ? await readEmail(id) : undefined
  if (!email) return new Response('Not found', { status: 404 })
  return new Response(email.content.html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'private, no-store',
      'content-security-policy': emailCsp,
    },
  })
}
