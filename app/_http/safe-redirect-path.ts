const base = 'http://here.invalid'

/** The path if it leads to this site, otherwise `/orders`. */
export function safeRedirectPath(path: string | undefined): string {
  if (!path?.startsWith('/') || /[\\\u0000-\u001f]/.test(path)) return '/orders'
  const url = URL.parse(path, base)
  return url?.origin === base && !url.pathname.startsWith('//')
    ? `${url.pathname}${url.search}`
    : '/orders'
}
