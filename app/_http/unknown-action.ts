import type { IncomingMessage, ServerResponse } from 'node:http'

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>A new version is available</title></head>
<body><main><h1>A new version is available</h1>
<p>Nothing was sent. Go back and send it again. Most browsers still have what you typed.</p></main></body>
</html>`

/**
 * Replaces the bare text with which Next answers a form of another build that was sent before its page
 * had started. A page that has started gets the response of Next, and asks its user to reload. Pages are
 * not cached, so going back loads the form of this build.
 */
export function explainUnknownAction(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'POST' || request.headers['next-action'] !== undefined) return
  const isUnknown = () => response.getHeader('x-nextjs-action-not-found') !== undefined
  const writeHead = response.writeHead.bind(response) as (...values: unknown[]) => ServerResponse
  const end = response.end.bind(response) as (...values: unknown[]) => ServerResponse
  // the headers are written first when Next compresses responses, also those that are too short for it
  response.writeHead = ((...values: unknown[]) => {
    if (isUnknown()) {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.setHeader('content-length', Buffer.byteLength(page))
    }
    return writeHead(...values)
  }) as typeof response.writeHead
  response.end = ((...values: unknown[]) =>
    isUnknown() ? end(page) : end(...values)) as typeof response.end
}
