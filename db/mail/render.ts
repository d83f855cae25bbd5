/** The content of an email, from which both its text and its HTML are rendered. */
export type EmailContent = {
  subject: string
  paragraphs: string[]
  link?: { label: string; url: string }
  /** Why the recipient gets this email; shown at the end. */
  reason: string
}
export type RenderedEmail = { subject: string; text: string; html: string }

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()
const paragraph = (text: string) => `<p style="margin:0 0 16px">${escaped(text)}</p>`

/** Renders an email as text and HTML. All values are escaped. */
export function renderEmail({ subject, paragraphs, link, reason }: EmailContent): RenderedEmail {
  const text = [
    ...paragraphs,
    ...(link ? [`${link.label}:\n${link.url}`] : []),
    `--\n${reason}`,
  ].join('\n\n')
  const button = link
    ? `<p style="margin:24px 0"><a href="${escaped(link.url)}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#1c5a45;color:#ffffff;font-weight:600;text-decoration:none">${escaped(link.label)}</a></p>
<p style="margin:0 0 16px;font-size:13px;color:#5d6763">Or open this address: <a href="${escaped(link.url)}" style="color:#1c5a45;word-break:break-all">${escaped(link.url)}</a></p>`
    : ''
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(subject)}</title></head>
<body style="margin:0;background:#f5f6f4;color:#1d2723;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:480px;margin:0 auto;padding:32px 20px">
<p style="margin:0 0 24px;font-weight:700">Rowhouse</p>
<div style="padding:24px;border:1px solid #dfe3e0;border-radius:12px;background:#ffffff">${paragraphs.map(paragraph).join('\n')}${button}</div>
<p style="margin:20px 4px 0;font-size:13px;color:#5d6763">${escaped(reason)}</p>
</div></body></html>`
  return { subject: oneLine(subject), text, html }
}
