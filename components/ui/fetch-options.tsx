/**
 * Fetches options from a route of this app.
 * @param path - A route that takes the search in `q` and responds with a JSON array.
 * @param words - What was typed.
 * @param signal - Aborts the request when the search is no longer needed.
 * @throws Error unless the route responds with a 2xx status.
 */
export async function fetchOptions<T>(
  path: string,
  words: string,
  signal: AbortSignal,
): Promise<T[]> {
  const response = await fetch(`${path}?q=${encodeURIComponent(words)}`, {
    signal,
    headers: { accept: 'application/json' },
  })
  if (!response.ok) throw new Error(`${path} responded with status ${response.status}`)
  return (await response.json()) as T[]
}
