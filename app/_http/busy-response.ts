/** The response to a request over a rate limit: a page for people, JSON for programs. */
export function busyResponse({
  seconds,
  wantsPage,
  nonce,
  back,
}: {
  /** How long to wait. */
  seconds: number
  wantsPage: boolean
  nonce: string
  /** The path that the page links back to. */
  back: string
}): Response {
  const headers = { 'retry-after': String(seconds), 'cache-control': 'private, no-store' }
  const wait = seconds === 1 ? 'a second' : `${seconds} seconds`
  if (!wantsPage)
    return Response.json(
      { error: `too many requests; try again in ${wait}` },
      { status: 429, headers },
    )
  return new Response(page(wait, nonce, back), {
    status: 429,
    headers: { ...headers, 'content-type': 'text/html; charset=utf-8' },
  })
}

const page = (wait: string, nonce: string, back: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Too many requests</title>
<style nonce="${nonce}">:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:28rem;margin:0 auto;padding:6rem 1.5rem}h1{font-size:1.25rem}</style></head>
<body><main><h1>Your organisation has reached its limit</h1>
<p>More was asked for than its tier allows at a time. Nothing was changed. Wait ${wait}, then <a href="${escapeHtml(back)}">go back to where you were</a>.</p></main></body>
</html>`

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
