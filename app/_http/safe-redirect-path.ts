const base = 'http://here.invalid'

/** A path of this site, or `/orders`: whatever a browser would take for another host is dropped. */
export function safeRedirectPath(given: string | undefined): string {
  if (!given?.startsWith('/') || /[\\\u0000-\u001f]/.test(given)) return '/orders'
  const url = URL.parse(given, base)
  return url?.origin === base && !url.pathname.startsWith('//')
    ? `${url.pathname}${url.search}`
    : '/orders'
}
